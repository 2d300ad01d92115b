# MariaDB 10.11 as Debian 12 ships it: the server alone, without the package that starts a service.

MARIADB_PACKAGES=(mariadb-server-core mariadb-client-core)
MARIADB="$LAB/mariadb"

mariadb_install() {
    [ -e "$MARIADB/complete" ] && return 0
    say "mariadb"
    command -v mariadbd >/dev/null || die "mariadbd is not there: ${MARIADB_PACKAGES[*]}"
    mariadb_template
    : >"$MARIADB/complete"
}

# A fresh data directory, copied for each server. The superuser has the same name as everywhere in the lab.
mariadb_template() {
    local home="$MARIADB/template"
    rm -rf "$home"
    mkdir -p "$home"
    chown -R "$(server_user)" "$home"
    TMPDIR="$home" mariadb-install-db --no-defaults --datadir="$home/data" --user="$(server_user)" --skip-test-db \
        --skip-name-resolve --auth-root-authentication-method=normal >"$LAB/log/mariadb-template.log" 2>&1 ||
        die "mariadb cannot initialise: $(tail -n 5 "$LAB/log/mariadb-template.log")"
}

# mariadb_start NAME PORT CERTIFICATES OPTION...: CERTIFICATES holds chain.pem and key.pem. SECLEVEL=0 in the
# environment lets weak protocols and keys through.
mariadb_start() {
    local name=$1 port=$2 certificates=$3 home="$LAB/mysql/$1"
    shift 3
    server_home "$home" "$MARIADB/template/data" "$certificates"
    cat >"$home/openssl.cnf" <<CNF
openssl_conf = a
[a]
ssl_conf = b
[b]
system_default = c
[c]
MinProtocol = None
CipherString = DEFAULT:@SECLEVEL=${SECLEVEL:-2}
CNF
    (umask 077 && cat >"$home/first.sql") <<SQL
RENAME USER root@localhost TO rdsadmin@localhost;
ALTER USER rdsadmin@localhost IDENTIFIED BY '$(secret rdsadmin)';
DELETE FROM mysql.global_priv WHERE User IN ('', 'root');
FLUSH PRIVILEGES;
SQL
    chown -R "$(server_user)" "$home"
    daemon "$name" env -u LD_PRELOAD OPENSSL_CONF="$home/openssl.cnf" TMPDIR="$home" mariadbd --no-defaults \
        --user="$(server_user)" --datadir="$home/data" --port="$port" --bind-address="$HOST" \
        --socket="$home/mysqld.sock" --pid-file="$home/mysqld.pid" --init-file="$home/first.sql" \
        --ssl-cert="$home/chain.pem" --ssl-key="$home/key.pem" --tls-version=TLSv1.2,TLSv1.3 --skip-name-resolve \
        --max-connect-errors=1000000000 --innodb-buffer-pool-size=16M "$@"
}
