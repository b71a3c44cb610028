-- Django's values at the last import, as JSON; NULL: unknown. An update applies only the values
-- that changed in Django since, and leaves those that were changed here.
ALTER TABLE users ADD COLUMN imported_record TEXT;
