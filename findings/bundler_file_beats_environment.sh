#!/usr/bin/env bash
# Bundler: a .bundle/config beats the environment, and BUNDLE_APP_CONFIG beats the file
#
# Package: Bundler 2.3.7 on Ruby 3.1 (Debian's ruby-bundler 2.3.15-2+deb12u1)
# One would expect: the environment wins over a file, as it does in pip, npm, cargo and uv. So `ENV
#     BUNDLE_WITHOUT=test` settles what an image gets.
# What happens: a project's own .bundle/config comes first, then the environment, then the user's
#     file. But where BUNDLE_APP_CONFIG is set, as it is in Docker's official ruby images, the
#     project's file is not read at all.
# Seen:
# | environment alone: without=[:test]
# | environment and .bundle/config: without=[:docs]
# | and BUNDLE_APP_CONFIG: without=[:test]
# Why it matters: whether .bundle is in .dockerignore decides which gems are installed, though an
#     ENV says it, and the answer is another one on the official image than on any other Ruby.
#     Settings that the team keeps in .bundle/config do nothing on the official image.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
{
    apt-get download ruby-bundler=2.3.15-2+deb12u1 \
        ruby3.1 libruby3.1 ruby-rubygems libyaml-0-2 rubygems-integration
    for package in *.deb; do dpkg -x "$package" program; done
    mkdir -p project/.bundle elsewhere
    touch project/Gemfile
} > log 2>&1
bundle() {
    local library ruby=$folder/program/usr/lib/ruby
    library=$(echo "$folder"/program/usr/lib/*-linux-gnu)
    env LD_LIBRARY_PATH="$library" \
        RUBYLIB="$ruby/vendor_ruby:$ruby/3.1.0:$library/ruby/3.1.0" \
        "$folder/program/usr/bin/ruby3.1" "$folder/program/usr/bin/bundle3.1" "$@" 2>> "$folder/log"
}
unset BUNDLE_APP_CONFIG BUNDLE_WITHOUT
export HOME=$folder
cd project
{
    export BUNDLE_WITHOUT=test
    echo "environment alone: $(bundle config get without --parseable)"
    printf -- '---\nBUNDLE_WITHOUT: "docs"\n' > .bundle/config
    echo "environment and .bundle/config: $(bundle config get without --parseable)"
    export BUNDLE_APP_CONFIG=$folder/elsewhere
    echo "and BUNDLE_APP_CONFIG: $(bundle config get without --parseable)"
} > ../seen
diff <(sed -n 's/^# | //p' "$script") ../seen
