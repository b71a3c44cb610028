-- SHA-256 of the password hash that an import read, in base64url; NULL: the user was not imported. The
-- issuer replaces the hash itself, and the next import must see whether Django's has changed since.
ALTER TABLE users ADD COLUMN imported_password TEXT;
