-- A server of its own, with what only MariaDB has: roles without a host, PUBLIC, several ways to log in.
CREATE DATABASE crm;
CREATE TABLE crm.person (id BIGINT PRIMARY KEY, name VARCHAR(80) NOT NULL);

CREATE USER auditor@'127.0.0.1' IDENTIFIED BY '{{auditor}}' REQUIRE SSL;
GRANT SELECT ON mysql.* TO auditor@'127.0.0.1';
GRANT SHOW VIEW, SHOW DATABASES ON *.* TO auditor@'127.0.0.1';

CREATE ROLE crm_reader;
GRANT SELECT ON crm.* TO crm_reader;
CREATE ROLE crm_writer;
GRANT INSERT, UPDATE, DELETE ON crm.* TO crm_writer;
GRANT crm_reader TO crm_writer;
CREATE USER crm_app@'%' IDENTIFIED BY '{{random}}' REQUIRE SSL;
GRANT crm_writer TO crm_app@'%';
SET DEFAULT ROLE crm_writer FOR crm_app@'%';
GRANT SELECT ON crm.person TO PUBLIC;

CREATE USER crm_twin@'10.%' IDENTIFIED BY 'twin';
CREATE USER twin@'10.%' IDENTIFIED BY 'twin';
CREATE USER crm_either@'10.%' IDENTIFIED VIA unix_socket OR mysql_native_password USING PASSWORD('either');
CREATE USER crm_locked@'%' IDENTIFIED BY '{{random}}' ACCOUNT LOCK;
CREATE DEFINER = rdsadmin@localhost SQL SECURITY DEFINER VIEW crm.names AS SELECT name FROM crm.person;
CREATE DEFINER = rdsadmin@localhost PROCEDURE crm.wipe() SQL SECURITY DEFINER DELETE FROM crm.person;
