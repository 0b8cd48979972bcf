# Debian's buildah, unpacked below $folder with a storage of its own there, for findings to source.

get_buildah() {
    apt-get download buildah=1.28.2+ds1-3+deb12u1+b3 \
        libgpgme11 libassuan0 libdevmapper1.02.1 libseccomp2
    for package in *.deb; do dpkg -x "$package" program; done
    echo '{"default": [{"type": "insecureAcceptAnything"}]}' > policy.json
}

buildah() { # command $1 with the options given
    local command=$1 policy=()
    shift
    case $command in build | from) policy=(--signature-policy "$folder/policy.json") ;; esac
    LD_LIBRARY_PATH=$(echo "$folder"/program/{usr/,}lib/*-linux-gnu | tr ' ' ':') \
        BUILDAH_ISOLATION=chroot \
        "$folder/program/usr/bin/buildah" --root "$folder/storage" --runroot "$folder/running" \
        --storage-driver vfs "$command" "${policy[@]}" "$@"
}
