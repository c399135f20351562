-- SPDX-License-Identifier: Apache-2.0
-- vouch's register in MySQL 8 or MariaDB 10.5 or newer, version 1.
--
--   mysql --default-character-set=utf8mb4 DATABASE < 001_register.sql
--
-- With binary logging on, creating triggers wants SUPER or log_bin_trust_function_creators = 1.
-- Readers need SELECT on the four tables; writers INSERT, UPDATE and DELETE on vouch_issuers and vouch_certificates, UPDATE (for locking) on
-- vouch_register, and DELETE on vouch_changes: the triggers run with the rights of who made them.
DELIMITER //

-- id: this database and no other.  position: of the last change; its row stays locked until the transaction that changed
-- something has ended, so that positions follow the order of commits.  token: tells a position from the same position of
-- a copy that went another way.
CREATE TABLE vouch_register (
	one TINYINT NOT NULL PRIMARY KEY CHECK (one = 1),
	version INT NOT NULL,
	id BINARY(16) NOT NULL,
	position BIGINT NOT NULL,
	token BINARY(8) NOT NULL
) ENGINE = InnoDB
//

CREATE TABLE vouch_issuers (
	number INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
	id BINARY(32) NOT NULL UNIQUE,
	name VARCHAR(1024) CHARACTER SET utf8mb4 NOT NULL,
	certificate MEDIUMBLOB NOT NULL,
	added BIGINT NOT NULL
) ENGINE = InnoDB
//

-- cert_status: 1 good, 2 revoked.  All times are seconds since 1970 UTC.  revocation_reason: CRLReason (RFC 5280 5.3.1), where
-- 0 is expressed by absence, 7 is not used, and 8 is for delta CRLs.
CREATE TABLE vouch_certificates (
	issuer INT UNSIGNED NOT NULL,
	serial_length SMALLINT UNSIGNED NOT NULL,
	serial_number VARBINARY(1024) NOT NULL,
	cert_status TINYINT NOT NULL,
	revocation_reason TINYINT,
	revocation_time BIGINT,
	invalidity_date BIGINT,
	not_after BIGINT,
	certificate_sha256 BINARY(32),
	single_extensions MEDIUMBLOB,
	added BIGINT NOT NULL,
	changed BIGINT NOT NULL,
	PRIMARY KEY (issuer, serial_length, serial_number),
	FOREIGN KEY (issuer) REFERENCES vouch_issuers (number),
	CHECK (serial_length > 0 AND serial_length = LENGTH(serial_number)),
	CHECK (cert_status IN (1, 2)),
	CHECK (revocation_reason IN (1, 2, 3, 4, 5, 6, 9, 10)),
	CHECK ((cert_status = 2) = (revocation_time IS NOT NULL)),
	CHECK (cert_status = 2 OR (revocation_reason IS NULL AND invalidity_date IS NULL))
) ENGINE = InnoDB
//

-- An empty serial number: anything may have changed.
CREATE TABLE vouch_changes (
	position BIGINT NOT NULL PRIMARY KEY,
	serial_number VARBINARY(1024) NOT NULL,
	token BINARY(8) NOT NULL
) ENGINE = InnoDB
//

CREATE PROCEDURE vouch_changed (changed VARBINARY(1024))
	MODIFIES SQL DATA
BEGIN
	UPDATE vouch_register SET position = position + 1, token = UNHEX(LEFT(SHA2(CONCAT(UUID(), RAND()), 256), 16)) WHERE one = 1;
	INSERT INTO vouch_changes (position, serial_number, token) SELECT position, changed, token FROM vouch_register;
END
//

CREATE TRIGGER vouch_certificate_inserted AFTER INSERT ON vouch_certificates FOR EACH ROW CALL vouch_changed(NEW.serial_number)
//
CREATE TRIGGER vouch_certificate_updated AFTER UPDATE ON vouch_certificates FOR EACH ROW
BEGIN
	CALL vouch_changed(NEW.serial_number);
	IF NEW.serial_number <> OLD.serial_number THEN
		CALL vouch_changed(OLD.serial_number);
	END IF;
END
//
CREATE TRIGGER vouch_certificate_deleted AFTER DELETE ON vouch_certificates FOR EACH ROW CALL vouch_changed(OLD.serial_number)
//
CREATE TRIGGER vouch_issuer_updated AFTER UPDATE ON vouch_issuers FOR EACH ROW
BEGIN
	IF NEW.number <> OLD.number OR NEW.id <> OLD.id THEN
		CALL vouch_changed('');
	END IF;
END
//
CREATE TRIGGER vouch_issuer_deleted AFTER DELETE ON vouch_issuers FOR EACH ROW CALL vouch_changed('')
//

INSERT INTO vouch_register (one, version, id, position, token)
	VALUES (1, 1, UNHEX(LEFT(SHA2(CONCAT(UUID(), RAND(), NOW(6)), 256), 32)), 0, UNHEX('0000000000000000'))
//
DELIMITER ;
