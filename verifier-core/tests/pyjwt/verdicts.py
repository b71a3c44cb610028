"""Verifies tokens with PyJWT: one JSON request a line on standard input, one JSON response a line on standard output.

A request is {"token", "pem", "now"} with optional "leeway", "futureLeeway", "issuer", "audience"; a response is
{"accepted": bool} with the name of the exception when it is false. PyJWT is called as the reference resource server
calls it, at the time of the question. It has one leeway for all claims, so a larger one for `nbf` and `iat` alone takes
two calls, and both must accept.
"""

import datetime
import json
import sys

import jwt
import jwt.api_jwt


class Clock(datetime.datetime):
    """The clock that PyJWT reads, set by the question."""

    unix = 0.0

    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(cls.unix, tz)


jwt.api_jwt.datetime = Clock

for line in sys.stdin:
    question = json.loads(line)
    Clock.unix = question["now"]
    leeway = question.get("leeway", 0)
    ahead = max(leeway, question.get("futureLeeway", 0))
    calls = [(leeway, {})]
    if ahead > leeway:
        calls = [(leeway, {"verify_nbf": False, "verify_iat": False}), (ahead, {"verify_exp": False})]
    try:
        for seconds, options in calls:
            jwt.decode(
                question["token"],
                question["pem"],
                algorithms=["RS256"],
                leeway=seconds,
                issuer=question.get("issuer"),
                audience=question.get("audience"),
                options=options,
            )
        answer = {"accepted": True}
    except Exception as error:  # PyJWT lets errors of its parts through: RecursionError, OverflowError, binascii.Error
        answer = {"accepted": False, "error": type(error).__name__}
    print(json.dumps(answer), flush=True)
