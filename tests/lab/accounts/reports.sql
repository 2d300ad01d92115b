-- A cluster whose accounts are in order while its certificate is not.
CREATE DATABASE reports;
CREATE TABLE reports.monthly (id BIGINT PRIMARY KEY, body JSON);
CREATE TABLE reports.customer (id BIGINT PRIMARY KEY, name VARCHAR(80) NOT NULL);
INSERT INTO reports.customer VALUES (1, 'Ada'), (2, 'Grace');

-- Its password is the one in the master secret.
CREATE USER reports_root_acme@'%' IDENTIFIED BY '{{master}}' REQUIRE SSL;
GRANT rds_superuser_role TO reports_root_acme@'%' WITH ADMIN OPTION;
SET DEFAULT ROLE rds_superuser_role TO reports_root_acme@'%';

CREATE USER reports_reader@'10.20.%' IDENTIFIED BY '{{random}}' REQUIRE SSL;
GRANT SELECT ON reports.* TO reports_reader@'10.20.%';
