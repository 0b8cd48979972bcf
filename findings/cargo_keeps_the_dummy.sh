#!/usr/bin/env bash
# cargo takes the placeholder for the program, if the real source is older
#
# Package: cargo 0.66.0 and rustc 1.63.0 (Debian's cargo 0.66.0+ds1-1, rustc 1.63.0+dfsg1-2)
# One would expect: a source file with another content is compiled.
# What happens: cargo looks at the time of a file, not at what is in it. If the file that replaces
#     the placeholder is older than the last build, nothing is compiled, the placeholder's code is
#     the result, and the exit code is 0.
# Seen:
# | build with a placeholder: exit code 0, compiled
# | real source of last year, copied with its time: exit code 0, not compiled, function is missing
# | the same, with the time of now: exit code 0, compiled, function is there
# Why it matters: "build with an empty file first, then COPY the sources" is the common way to keep
#     a crate's dependencies in the cache, and COPY keeps the times of the files. Sources from a
#     checkout of this morning are older than a cached layer of noon. The image then holds a program
#     that does nothing; `touch` before the second build is not for looks.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
{
    apt-get download cargo=0.66.0+ds1-1 rustc=1.63.0+dfsg1-2 libstd-rust-1.63=1.63.0+dfsg1-2 \
        libstd-rust-dev=1.63.0+dfsg1-2 libllvm14 libgit2-1.5 libmbedcrypto7 libmbedtls14 \
        libmbedx509-1 libhttp-parser2.9 libssh2-1 libpcre3 libedit2 libz3-4 libcurl3-gnutls
    for package in *.deb; do dpkg -x "$package" program; done
    mkdir -p crate/src
    printf '[package]\nname = "example"\nversion = "1.0.0"\nedition = "2021"\n' > crate/Cargo.toml
    touch crate/src/lib.rs
    printf '#[no_mangle]\npub extern "C" fn served_to_customers() {}\n' > lib.rs
    touch -d 'last year' lib.rs
} > log 2>&1
build() {
    local code=0
    LD_LIBRARY_PATH=$(echo program/{usr/,}lib/*-linux-gnu | sed "s#program#$folder/&#g; s/ /:/g") \
        RUSTC=$folder/program/usr/bin/rustc CARGO_HOME=$folder/home \
        program/usr/bin/cargo build --offline --manifest-path crate/Cargo.toml > said 2>&1 || code=$?
    if grep -q Compiling said; then said=compiled; else said='not compiled'; fi
    echo "exit code $code, $said"
}
function_is() {
    if grep -q served_to_customers crate/target/debug/libexample.rlib; then echo there; else echo missing; fi
}
{
    echo "build with a placeholder: $(build)"
    cp --preserve=timestamps lib.rs crate/src/lib.rs
    echo "real source of last year, copied with its time: $(build), function is $(function_is)"
    touch crate/src/lib.rs
    echo "the same, with the time of now: $(build), function is $(function_is)"
} > seen
diff <(sed -n 's/^# | //p' "$script") seen
