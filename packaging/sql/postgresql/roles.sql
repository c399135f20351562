-- SPDX-License-Identifier: Apache-2.0
-- Roles with as few rights as will do; run it once, after the numbered files, as the owner of the tables or as superuser.
--
--   psql -v ON_ERROR_STOP=1 -f roles.sql DATABASE
--   psql -c "CREATE ROLE responder LOGIN PASSWORD '...' IN ROLE vouch_reader" DATABASE
--
-- vouch_reader: `vouch serve`, `vouch status`.  vouch_writer: `vouch add`, `vouch revoke`, `vouch import`, and the CA.
DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'vouch_reader') THEN
		CREATE ROLE vouch_reader NOLOGIN;
	END IF;
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'vouch_writer') THEN
		CREATE ROLE vouch_writer NOLOGIN;
	END IF;
END $$;
GRANT USAGE ON SCHEMA vouch TO vouch_reader, vouch_writer;
GRANT SELECT ON vouch.register, vouch.issuers, vouch.certificates, vouch.changes TO vouch_reader, vouch_writer;
GRANT INSERT, UPDATE ON vouch.issuers, vouch.certificates TO vouch_writer;
-- The responder keeps the log short; the function takes nothing out that a reader could miss.
GRANT EXECUTE ON FUNCTION vouch.prune(interval) TO vouch_reader, vouch_writer;
