"""A client of SimpleJWT as one is written with requests and PyJWT. Knows nothing of the server but its address.

usage: client.py <url> <username> <password>
"""

import sys

import jwt
import requests

url, username, password = sys.argv[1:]
session = requests.Session()


def post(path, expected=200, **body):
    answer = session.post(f"{url}{path}", json=body, timeout=30)
    assert answer.status_code == expected, (path, answer.status_code, answer.text)
    return answer.json()


assert post("/api/token/", 401, username=username, password="wrong") == {
    "detail": "No active account found with the given credentials"
}
tokens = post("/api/token/", username=username, password=password)
access, refresh = tokens["access"], tokens["refresh"]
key = jwt.PyJWKClient(f"{url}/.well-known/jwks.json").get_signing_key_from_jwt(access).key
claims = jwt.decode(access, key, algorithms=["RS256"])
assert claims["token_type"] == "access" and claims["username"] == username, claims
assert claims["user_id"] == tokens["user"]["id"], claims

me = session.get(f"{url}/api/users/me/", headers={"Authorization": f"Bearer {access}"}, timeout=30)
assert me.status_code == 200 and me.json()["username"] == username, me.text
assert post("/api/token/verify/", token=access) == {}
renewed = post("/api/token/refresh/", refresh=refresh)["access"]
assert jwt.decode(renewed, key, algorithms=["RS256"])["jti"] != claims["jti"]
assert post("/api/token/blacklist/", refresh=refresh) == {}
assert post("/api/token/refresh/", 401, refresh=refresh)["code"] == "token_not_valid"
print(claims["user_id"], claims["role"])
