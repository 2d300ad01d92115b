-- The oldest server there is: MyISAM grant tables, which anybody with the right to may write to.
CREATE DATABASE ledger;
CREATE TABLE ledger.entry (id BIGINT PRIMARY KEY, amount BIGINT NOT NULL);

CREATE USER auditor@'localhost' IDENTIFIED BY '{{auditor}}';
GRANT SELECT ON mysql.* TO auditor@'localhost';
GRANT SHOW VIEW, SHOW DATABASES ON *.* TO auditor@'localhost';

CREATE USER ledger_app@'%' IDENTIFIED BY '{{random}}';
GRANT SELECT, INSERT, UPDATE ON ledger.* TO ledger_app@'%';
CREATE USER ledger_admin@'10.%' IDENTIFIED BY '{{random}}';
GRANT ALL ON *.* TO ledger_admin@'10.%' WITH GRANT OPTION;
CREATE USER ledger_twin@'%' IDENTIFIED BY 'twin';
CREATE USER twin@'%' IDENTIFIED BY 'twin';
GRANT SELECT (amount), UPDATE (amount) ON ledger.entry TO twin@'%';
CREATE DEFINER = ledger_admin@'10.%' PROCEDURE ledger.wipe() SQL SECURITY DEFINER DELETE FROM ledger.entry;
