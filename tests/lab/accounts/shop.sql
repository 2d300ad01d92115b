-- A cluster as it should not be.
CREATE DATABASE shop;
CREATE TABLE shop.basket (id BIGINT PRIMARY KEY, owner VARCHAR(80) NOT NULL);

CREATE USER admin@'%' IDENTIFIED BY '{{random}}';
GRANT rds_superuser_role TO admin@'%' WITH ADMIN OPTION;
SET DEFAULT ROLE rds_superuser_role TO admin@'%';

CREATE USER ''@'%' IDENTIFIED BY '';
CREATE USER shop_legacy@'%' IDENTIFIED BY '';
GRANT SELECT ON shop.* TO shop_legacy@'%';

CREATE USER shop_app@'%' IDENTIFIED BY '{{random}}' REQUIRE NONE;
GRANT SELECT, INSERT, UPDATE, DELETE ON shop.* TO shop_app@'%';

CREATE USER shop_ops@'%' IDENTIFIED BY '{{random}}';
GRANT INSERT, UPDATE, DELETE, CREATE USER ON *.* TO shop_ops@'%' WITH GRANT OPTION;

CREATE ROLE shop_writers;
GRANT INSERT, UPDATE, DELETE ON *.* TO shop_writers;
CREATE USER shop_batch@'%' IDENTIFIED BY '{{random}}';
GRANT shop_writers TO shop_batch@'%';
SET DEFAULT ROLE shop_writers TO shop_batch@'%';

-- Names that attack whoever prints them: markup, a right-to-left override, a line break and quotes.
CREATE USER '<script>alert(1)</script>'@'%' IDENTIFIED BY '{{random}}';
CREATE USER 'shop{{rtl}}nimda'@'%' IDENTIFIED BY '{{random}}';
CREATE USER 'shop\npass: "x"\'y'@'%' IDENTIFIED BY '{{random}}';
