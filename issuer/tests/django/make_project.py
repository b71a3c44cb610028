"""Makes the database of a Django project with SimpleJWT, by Django's own migrations and managers.

usage: make_project.py sqlite <file> | make_project.py postgres <host> <port> <user> <database>[?<libpq parameters>]
"""

import sys
from urllib.parse import parse_qsl

import django
from django.conf import settings

kind, *where = sys.argv[1:]
if kind == "sqlite":
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": where[0]}
else:
    host, port, user, name = where
    name, _, parameters = name.partition("?")
    database = {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": host,
        "PORT": port,
        "USER": user,
        "NAME": name,
        "OPTIONS": dict(parse_qsl(parameters)),
    }

HASHERS = [
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.BCryptSHA256PasswordHasher",
]
USERS = {"pbkdf2": "pbkdf2_sha256", "argon": "argon2", "bcrypt": "bcrypt_sha256"}
settings.configure(
    DATABASES={"default": database},
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "rest_framework_simplejwt.token_blacklist",
    ],
    PASSWORD_HASHERS=HASHERS,
    SECRET_KEY="not used",
    USE_TZ=True,
)
django.setup()

from django.contrib.auth.hashers import make_password  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402

call_command("migrate", verbosity=0)
User.objects.create_superuser("root", "root@example.com", "root password")
gone = User.objects.create_user("gone", password="testpass123")
for name, hasher in USERS.items():
    password = make_password("testpass123", hasher=hasher)
    User.objects.create(username=name, email=f"{name}@example.com", first_name="이름", password=password)
User.objects.create_user("inactive", password="testpass123", is_active=False)
User.objects.create_user("unusable")
gone.delete()  # leaves a gap in the ids
