-- A cluster as it should be.
CREATE DATABASE orders;
CREATE TABLE orders.purchase (id BIGINT PRIMARY KEY, total DECIMAL(12, 2) NOT NULL);

CREATE USER orders_root_acme@'%' IDENTIFIED BY '{{random}}' REQUIRE SSL;
GRANT rds_superuser_role TO orders_root_acme@'%' WITH ADMIN OPTION;
SET DEFAULT ROLE rds_superuser_role TO orders_root_acme@'%';

CREATE USER orders_app@'10.20.%' IDENTIFIED BY '{{random}}' REQUIRE SSL WITH MAX_USER_CONNECTIONS 200
    PASSWORD EXPIRE INTERVAL 90 DAY PASSWORD HISTORY 5 PASSWORD REQUIRE CURRENT
    FAILED_LOGIN_ATTEMPTS 5 PASSWORD_LOCK_TIME 1;
GRANT SELECT, INSERT, UPDATE, DELETE ON orders.* TO orders_app@'10.20.%';

-- The plugin exists on Aurora only, so the account's row is made to say what it would say there.
CREATE USER orders_iam@'10.20.%' IDENTIFIED BY '{{random}}' REQUIRE SSL;
GRANT SELECT ON orders.* TO orders_iam@'10.20.%';
UPDATE mysql.user SET plugin = 'AWSAuthenticationPlugin', authentication_string = 'RDS' WHERE User = 'orders_iam';
FLUSH PRIVILEGES;
