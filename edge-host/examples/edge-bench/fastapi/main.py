"""The reference resource server: FastAPI, which verifies an issuer's tokens with PyJWT.

Started by the benchmark, which gives the public key's file in PUBLIC_KEY.
"""

import os
from pathlib import Path

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

PUBLIC_KEY = Path(os.environ["PUBLIC_KEY"]).read_text(encoding="utf-8")

app = FastAPI()
bearer = HTTPBearer()


def current_user(credentials: HTTPAuthorizationCredentials = Depends(bearer)) -> dict:
    try:
        payload = jwt.decode(credentials.credentials, PUBLIC_KEY, algorithms=["RS256"])
    except jwt.ExpiredSignatureError:
        raise HTTPException(status_code=401, detail="토큰이 만료되었습니다")
    except jwt.InvalidTokenError:
        raise HTTPException(status_code=401, detail="유효하지 않은 토큰입니다")
    return {"user_id": payload.get("user_id"), "username": payload.get("username")}


@app.get("/")
async def health() -> dict:
    return {"status": "ok"}


@app.get("/protected")
async def protected(user: dict = Depends(current_user)) -> dict:
    return {"message": "인증 성공!", **user}
