"""A table of programs: what each can do to what a later command finds.

The table says what a program does by its own documentation, run as its arguments say. What a build
tool runs for a project counts as the building of that project: it ends with the tool, stays in the
project's folder, and installs nothing for the machine. What packages run when they are installed
counts as the installing, as their managers define it (Debian Policy 6, npm's `scripts`).
"""

from __future__ import annotations

import re

from dockfix.managers.manager import words
from dockfix.shell.patterns import lazy
from dockfix.typed import Literal

#: "leaves": may leave a process running. "meets": may notice one that another left. "loses": may
#: remove or replace the working directory. "links": may make hard links between files that others
#: change. "changes": changes the mode, owner or content of a file in place. "profile": may write a
#: file that a login shell reads. "installs": may install packages from lists that lie in the image.
#: "apart": changes what every RUN gets anew (`dockfix.shell.fresh`), said of what is known to.
Kind = Literal["leaves", "meets", "loses", "links", "changes", "profile", "installs", "apart"]

Kinds = frozenset[Kind]
NOTHING: Kinds = frozenset()
#: What an unknown program may do.
ANYTHING: Kinds = frozenset(("leaves", "meets", "loses", "links", "changes", "profile", "installs"))
SERVICE: Kinds = frozenset(("leaves", "meets"))

#: coreutils, findutils, sed, grep, awk, archives, downloads, accounts, keys, lists and links that
#: are not hard, and the built-ins of shells. They end with their work (GNU coreutils manual;
#: BusyBox, `--help`). What gpg leaves, its agent and dirmngr, only gpg meets, and is meant to.
HARMLESS = words(
    ". : [ [[ alias arch awk b2sum base32 base64 basename bc bg break builtin bunzip2 bzip2 bzcat",
    "caller case cat cd chdir cksum clear cmp colordiff column comm compgen complete continue cpio",
    "csplit cut date declare deactivate df diff diff3 dir dircolors dirname disown dos2unix du",
    "echo egrep enable envsubst exit expand export expr factor false fc fg fgrep file find fmt",
    "fold free gawk getconf getent getfacl getopt getopts grep groups gunzip gzip hash head help",
    "hexdump history hostid hostname iconv id ionice jobs join jq kill last ldd less let local",
    "locale logname logout look ls lsb_release lscpu lsof lspci lz4 lzma mapfile mawk md5sum",
    "mkdir mkfifo mknod mktemp more namei nawk nl nproc numfmt od openssl paste pathchk pgrep",
    "pidof popd pr printenv printf ps pushd pwd pwgen read readarray readlink readonly realpath",
    "return rev rm rmdir sed seq set sha1sum sha224sum sha256sum sha384sum sha512sum shasum shift",
    "shopt shred shuf sleep sort split stat strings stty sum sync tac tail test times tr trap",
    "true tsort tty type typeset ulimit umask unalias uname unexpand uniq unix2dos unlink unlzma",
    "unset unxz unzip unzstd uptime users uudecode uuencode uuidgen vdir vmstat wait wc whereis",
    "which who whoami xmllint xsltproc xxd xz xzcat yes yq zcat zip zipinfo zstd 7z 7za unrar",
    "aria2c axel curl dig ftp host http lftp nslookup ping scp sftp ssh ssh-keygen ssh-keyscan",
    "wget gpg gpg2 gpgv gpgconf gpg-connect-agent apt-key keytool cert-sync certtool",
    "addgroup adduser chage chfn chgpasswd chpasswd chsh deluser delgroup gpasswd groupadd",
    "groupdel groupmod newgrp newusers passwd pwconv useradd userdel usermod vipw",
    "authconfig chkconfig crontab update-rc.d insserv rc-update systemd-sysusers",
    "install mv patch tar bsdtar star unsquashfs rpm2cpio dpkg-deb ar pax",
)  # fmt: skip
#: Managers of packages and what belongs to them: they end when all is installed (apt, dpkg, rpm
#: start services only where /usr/sbin/policy-rc.d or a running init lets them, which is in no
#: image). What they install from lists is seen by its own name (`dockfix.installs.lists`).
INSTALLERS = words(
    "add-apt-repository apk apt apt-add-repository apt-cache apt-config apt-file apt-get apt-mark",
    "aptitude dnf dpkg dpkg-architecture dpkg-divert dpkg-query dpkg-reconfigure",
    "dpkg-scanpackages dpkg-split dpkg-statoverride debconf debconf-set-selections microdnf pacman",
    "pacman-key rpm rpmkeys subscription-manager tdnf yum yum-builddep yum-config-manager",
    "yumdownloader dnf-3 zypper emerge xbps-install repoquery rpmbuild createrepo repo eopkg swupd",
    "bower bundle bundler cabal carton cnpm composer composer.phar corepack cpan cpanm cpanp",
    "easy_install gem jspm lein luarocks mix nuget npm opam pdm pear pecl pip pip2 pip3 pipenv",
    "poetry pyenv rbenv rebar3 stack tlmgr vcpkg virtualenv virtualenv3 pyvenv yarn yarnpkg",
    "dep glide govendor godep gvm hex tnpm typings tsd ivy conan r10k librarian-puppet berks",
    "td-agent-gem fluent-gem sdkmanager android helm krew docker-php-ext-configure",
    "docker-php-ext-enable docker-php-ext-install docker-php-source install-php-extensions",
    "elasticsearch-plugin logstash-plugin kibana-plugin rabbitmq-plugins apk-install apt-install",
    "clean-install install_packages n nvm rustup rvm pipx mamba-forge julia-install",
)  # fmt: skip
#: Compilers and build tools, as far as they build what lies before them. gradle, bazel and dotnet
#: leave servers of their own, which only they meet, and are meant to.
BUILDERS = words(
    "aclocal ant as autoconf autoheader autom4te automake autopoint autoreconf b2 bazel bazelisk",
    "bison bjam buck buildout c++ c++filt c89 c99 cargo cargo-chef cc ccache clang clang++ cmake",
    "cpack cpp crystal csc ctest dmd dotnet dub elixir elixirc erl erlc f77 flex g++ gcc gccgo",
    "gfortran ghc gprbuild gmake go gofmt go-bindata golint gox gradle gradlew guile help2man",
    "intltoolize jar jarsigner java-config javac javadoc javah kotlinc ld lex libtool libtoolize",
    "m4 make makeinfo meson mill msbuild msgfmt mvn mvnw nasm ninja nim nm nvcc objcopy objdump",
    "ocamlbuild ocamlfind ocamlopt patchelf phpize pkg-config pkgconf protoc pyinstaller qmake",
    "ranlib readelf rebar rustc sbt scalac scons size strip swift swiftc swig tcc tex2html tsc",
    "upx vala valac waf xbuild yacc yasm zig execstack paxctl scanelf iucode_tool",
    "autogen.sh bootstrap buildconf autogen bootstrap.sh config Configure configure configure.sh",
    "artisan manage.py django-admin drush rails rake rspec symfony console bin/console",
    "angular-cli babel brunch browserify cross-env craco ember esbuild eslint gatsby grunt gulp",
    "gulp-cli hexo hugo jekyll jest lerna lessc mocha mkdocs nest next ng node-gyp node-sass",
    "nuxt nx parcel pkg polymer postcss prettier prisma react-scripts rimraf rollup run-p run-s",
    "npm-run-all sass sphinx-build stencil stylus svelte-kit swc tailwindcss tsc-watch tslint",
    "tsup ttsc turbo typedoc uglifyjs vite vue-cli-service vue-tsc vulcanize webpack webpack-cli",
    "workbox yo gitbook bikeshed pelican pandoc asciidoctor pdflatex latexmk doxygen xelatex",
    "flake8 pytest tox pylint mypy black isort nosetests gometalinter staticcheck golangci-lint",
    "phpunit phpcs phpstan phpmd behat codecept phing doctrine psalm pint pest",
    "nosetests cython f2py 2to3 pybabel pyuic5 easycython",
)  # fmt: skip
#: Builders that projects carry themselves, so that a path leads to them.
CARRIED = words(
    "Configure artisan autogen autogen.sh b2 bjam bootstrap bootstrap.sh buildconf config",
    "configure configure.sh console gradlew manage.py mvnw rebar rebar3 sbt symfony waf",
)
#: Folders whose programs are the system's, or come with what was unpacked there. In other folders,
#: as in a project's own `bin`, `install` or `test` is a script of somebody's own.
SYSTEM_FOLDER = lazy(r"(?:/usr(?:/.*)?|/opt/.*|\$.*|)/s?bin$")
#: What sets up a machine: links, caches and tables that it makes of what is there already.
SETTING_UP = words(
    "a2disconf a2dismod a2dissite a2enconf a2enmod a2ensite alternatives build-locale-archive",
    "cache-busting depmod fc-cache gdk-pixbuf-query-loaders git git-lfs glib-compile-schemas",
    "gtk-update-icon-cache hg install-info ldconfig lighttpd-enable-mod lighty-enable-mod",
    "locale-gen localedef localectl mandb mkfontdir mkfontscale newaliases php5dismod php5enmod",
    "phpdismod phpenmod postconf postmap rndc-confgen svn svnadmin texhash tzconfig updatedb",
    "update-ca-certificates update-ca-trust update-desktop-database update-initramfs",
    "update-java-alternatives update-locale update-mime-database update-ms-fonts usermap",
    "update-alternatives bzr cvs fossil darcs code-minimap pam-auth-update make-ssl-cert",
    "mysql_install_db mysql_tzinfo_to_sql initdb htpasswd htdigest openvt setcap setfattr",
    "modinfo aws gcloud gsutil az kubectl terraform docker docker-compose packer oc eksctl",
    "cron-apt vim-addon-manager lsmod sysctl stow dumb-init-version gdal-config python-config",
    "pg_config mysql_config xml2-config curl-config icu-config ruby-config llvm-config",
    "dd logger rename prename dos2unix fdupes mkisofs genisoimage mksquashfs convert mogrify",
    "x11vnc vncpasswd pngquant optipng jpegoptim svgo ffmpeg sox gs pdftk qpdf inkscape",
)  # fmt: skip
#: Scripts that are known by their names, wherever they lie: of moby's sources.
BY_NAME = words("dind download-frozen-image-v2.sh")
#: Programs beside the managers of a system that no build replaces half-way under the same name, so
#: that it does not matter that a shell remembers where it found them (POSIX XCU 2.9.1.1: the
#: location may be remembered).
SETTLED = frozenset(
    ("apt-key", "apt-cache", "apt-mark", "add-apt-repository",
     "dpkg", "rpm", "emerge", "rm",
     "cp", "mv", "ln", "mkdir", "rmdir", "touch", "cat", "sed", "awk", "grep", "egrep", "fgrep",
     "head", "tail", "cut", "sort", "uniq", "tr", "wc", "tee", "xargs", "find", "chmod", "chown",
     "chgrp", "install", "tar", "gzip", "gunzip", "bzip2", "xz", "unzip", "wget", "curl",
     "useradd", "groupadd", "adduser", "addgroup", "usermod", "groupmod", "userdel", "chpasswd",
     "passwd", "id", "whoami", "uname", "date", "sleep", "ls", "stat", "du", "df", "basename",
     "dirname", "readlink", "realpath", "mktemp", "env", "printenv", "sha256sum", "sha1sum",
     "sha512sum", "md5sum", "gpg", "gpgconf", "ldconfig", "locale-gen", "update-locale",
     "localedef", "dpkg-reconfigure", "debconf-set-selections", "update-ca-certificates",
     "update-alternatives", "a2enmod", "a2ensite", "a2dismod", "a2dissite",
     "docker-php-ext-install", "docker-php-ext-configure", "docker-php-ext-enable", "phpenmod",
     "crontab", "su", "sudo", "gosu", "seq", "expr", "diff", "patch", "strip", "file", "which",
     "nproc", "getconf", "yes", "sync", "dos2unix", "rsync", "ssh-keyscan", "ssh-keygen",
     "openssl", "runuser", "setfacl", "ssh", "arch", "base64", "comm", "getent", "lsb_release",
     "timeout", "truncate")
)  # fmt: skip
#: Programs that do one thing more.
MORE: dict[str, tuple[Kind, ...]] = {
    **dict.fromkeys(
        ("chcon", "chgrp", "chmod", "chown", "chattr", "dd", "setcap", "setfacl", "strip",
         "truncate", "shred", "patchelf", "paxctl", "upx"),
        ("changes",),
    ),
    **dict.fromkeys(("touch", "tee"), ("changes",)),
    # they link what they install with a store, cargo its programs with what it compiled
    **dict.fromkeys(
        words("bun cargo conda link mamba micromamba nix ostree pnpm rpm-ostree uv"), ("links",)
    ),
    # gcc's and perl's own, and other projects' install targets link
    **dict.fromkeys(("make", "gmake", "ninja"), ("links",)),
    # services, and what starts them
    **dict.fromkeys(
        words(
            "service systemctl invoke-rc.d rc-service start-stop-daemon supervisord supervisorctl",
            "apache2 apache2-foreground apache2ctl apachectl httpd httpd-foreground nginx lighttpd",
            "caddy haproxy varnishd squid php-fpm uwsgi gunicorn uvicorn celery mysqld mysqld_safe",
            "mariadbd postgres mongod mongos redis-server redis-sentinel memcached rabbitmq-server",
            "puma thin unicorn rackup Xvfb vncserver sshd cron crond rsyslogd slapd named dnsmasq",
            "ntpd chronyd postfix vsftpd smbd",
            "catalina.sh elasticsearch logstash kibana influxd grafana-server prometheus consul",
            "vault etcd dockerd containerd dind jenkins.sh registry runsvdir s6-svscan my_init",
        ),
        ("leaves", "meets"),
    ),
}  # fmt: skip

#: Programs that run what their words say.
STARTERS = words(
    "builtin chpst chroot command eatmydata env exec fakeroot gosu ionice nice nohup runuser",
    "setpriv setuser setsid stdbuf su su-exec sudo time timeout xargs xvfb-run dumb-init tini",
    "catatonit doas linux32 linux64 setarch unbuffer script parallel scl",
)
#: Those whose first operand is no program: an account, a time, a root.
TAKE_ONE = words("chroot gosu su su-exec timeout setuser chpst scl")
#: Options of starters with a value behind them.
VALUED = words("-u -g -n -I -L -P -s -d -E --user --group --signal -k --kill-after -a -N --shell")
SHELLS = words("ash bash dash ksh sh zsh rbash")
#: Interpreters of scripts, with their options that take code, and those with a value.
INTERPRETERS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "python": (words("-c"), words("-W -X")),
    "pypy": (words("-c"), words("-W -X")),
    "ipython": (words("-c"), frozenset()),
    "node": (words("-e --eval -p --print"), words("-r --require")),
    "nodejs": (words("-e --eval -p --print"), words("-r --require")),
    "ruby": (words("-e"), words("-I -r -C")),
    "perl": (words("-e -E -pe -pi -ne -ie -i.bak -pie -p0e -0pe -0777pe"), words("-I")),
    "php": (words("-r"), words("-d -c")),
    "lua": (words("-e"), frozenset()),
    "R": (words("-e"), frozenset()),
    "Rscript": (words("-e"), frozenset()),
    "julia": (words("-e -E"), frozenset()),
    "tclsh": (frozenset(), frozenset()),
    "osascript": (words("-e"), frozenset()),
}
#: Modules of Python that are programs of a kind in the table, and modules that are harmless.
MODULES = words(
    "pip venv virtualenv ensurepip compileall py_compile zipfile tarfile json.tool unittest pytest",
    "nltk.downloader spacy build wheel site sysconfig nodeenv pipenv poetry pytest mypy black",
    "ipykernel jupyter textblob.download_corpora base64 platform django",
)
#: Scripts of languages that build and install their own project, or are known installers.
OWN_SCRIPTS = words(
    "setup.py manage.py get-pip.py ez_setup.py bootstrap.py waf configure.py conanfile.py",
    "Makefile.PL Build.PL setup.rb extconf.rb Rakefile artisan composer.phar composer-setup.php",
    "get-poetry.py install-poetry.py setup.php configure.pl Configure.pl x.py console bin/console",
)
#: Files that are sourced for what they set, and run nothing.
SETTINGS = words(
    "activate lsb-release nvm.sh os-release sdkman-init.sh .bashrc .profile .bash_profile profile",
    "env enable rvm rvm.sh conda.sh nix.sh opam.sh mamba.sh gvm envvars setup.bash environment",
    "cargo.sh bash_profile export.sh deactivate",
)
#: Targets of make, and scripts of package.json, that build, check and install the project.
BUILDS = lazy(
    r"(?:[\w.-]*[:_-])?(?:all|build|bundle|check|ci|clean|compile|css|dist|distclean|docs?|ember"
    r"|format|generate|install|js|less|lint|minify|modules|modules_install|oldconfig|pack|package"
    r"|prod|production|release|sass|static|styles?|test|tests|transpile|tsc|typecheck|vendor"
    r"|webpack|defconfig|altinstall|install-strip|release-build|optimize|assets|gulp|grunt|copy)"
    r"(?:[:_-][\w.:-]*)?|(?:build|install|test|compile|lint|generate|dist|bundle|check)"
    r"(?![\w.:-]*(?:dep|req|system|env|apt))[\w.:-]*"
    r"|[\w./-]+\.(?:o|a|so|bin|jar|war|js|css|html|pdf|exe|img|la)|[/.].*|.*/.*"
)
#: Verbs of managers that run something else, and how many words stand before what they run.
RUNNING: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    # (verbs in front of a program), (verbs in front of a script of the project)
    "bundle": (words("exec"), frozenset()),
    "bundler": (words("exec"), frozenset()),
    "npm": (words("exec x"), words("run run-script start stop restart rum urn")),
    "cnpm": (words("exec x"), words("run run-script start stop restart")),
    "pnpm": (words("exec dlx"), words("run run-script start")),
    "yarn": (words("exec dlx"), words("run start")),
    "bun": (words("x"), words("run start")),
    "poetry": (words("run"), frozenset()),
    "pipenv": (words("run"), frozenset()),
    "pdm": (words("run"), frozenset()),
    "uv": (words("run tool"), frozenset()),
    "hatch": (words("run"), frozenset()),
    "conda": (words("run"), frozenset()),
    "mamba": (words("run"), frozenset()),
    "micromamba": (words("run"), frozenset()),
    "composer": (words("exec"), words("run run-script")),
    "go": (words("run"), frozenset()),
    "cargo": (words("run"), frozenset()),
    "mix": (words("run phx.server"), frozenset()),
    "rbenv": (words("exec"), frozenset()),
    "pyenv": (words("exec"), frozenset()),
}
#: Options in front of the verb with a value behind them.
FOLDER_OPTIONS = dict.fromkeys(
    ("npm", "pnpm", "yarn"), words("--prefix -C --cwd --dir -F --filter -w")
)
#: Verbs of yarn, which takes any other for a script of the project.
YARN = words(
    "add audit autoclean bin cache check config create dedupe generate-lock-entry global help",
    "import info init install licenses link list login logout node outdated owner pack plugins",
    "policies publish rebuild remove set tag team unlink unplug up upgrade upgrade-interactive",
    "version versions why workspace workspaces",
)
#: Options of `cp`, `ln` and `rsync` by which they link, and by which `ln` does not.
LINKING = words("-l --link -al -la -lr -rl -H --hard-links")
PROFILE = lazy(r"profile|bashrc|bash_login|\.zshrc|/etc/(?:bash|zsh|environment)|\.(?:z?login)\b")
#: Packages whose files in /etc/profile.d set PATH or other variables (Fedora's and Debian's lists
#: of files).
PROFILE_PACKAGES = lazy(
    r"(?:environment-modules|lmod|ccache|qt\d?-devel|krb5-.*|flatpak|snapd|scl-utils|nix.*|gvm"
    r"|java-.*-openjdk-devel|rvm|openmpi.*|mpich.*|colorgcc|distcc|icecream|gcc-toolset.*"
    r"|devtoolset.*|bash-completion|vte.*|oracle-.*|which2)$"
)
#: Words by which a script in another language than the shell's may do what a kind says.
SAYING: tuple[tuple[Kind | None, re.Pattern[str]], ...] = (
    (
        None,
        lazy(
            r"subprocess|popen|\bfork|spawn|child_process|daemon|\bexec[lv]?[pe]*[ (]|\bsystem\b"
            r"|shell_exec|passthru|proc_open|`|\beval\b|%x|Open3|processbuilder|Runtime\.",
            re.IGNORECASE,
        ),
    ),
    ("installs", lazy(r"\b(?:apt|apt-get|aptitude|apk|yum|dnf|dpkg|playwright|ansible|rosdep)\b")),
    ("loses", lazy(r"rmtree|rm_r|rmdir|rmSync|rimraf|remove_tree|FileUtils|unlink", re.IGNORECASE)),
    ("links", lazy(r"\blink|hard_?link", re.IGNORECASE)),
    ("changes", lazy(r"ch(?:mod|own)|open|write|file|trunc", re.IGNORECASE)),
    ("profile", PROFILE),
    ("meets", lazy(r"connect|socket|localhost|127\.0\.0\.1|sql|redis|mongo|http", re.IGNORECASE)),
)
#: Installers that a pipe brings to a shell, by where they are fetched from, and what they do: add
#: sources and fetch the lists by themselves, or unpack a program and put it on PATH by a profile.
INSTALLERS_AT: tuple[tuple[re.Pattern[str], Kinds], ...] = (
    (
        lazy(
            r"//(?:deb|rpm)\.nodesource\.com/setup|//packagecloud\.io/[^ ]*/script\.(?:deb|rpm)"
            r"|//getcomposer\.org/installer|//bootstrap\.pypa\.io/(?:[\w./]*/)?get-pip\.py"
            r"|//install\.meteor\.com|//get\.docker\.com|/helm/[\w./]*/get(?:-helm-3)?\b"
            r"|//cpanmin\.us|//xrl\.us/cpanm|//yarnpkg\.com/install"
        ),
        NOTHING,
    ),
    (
        lazy(
            r"//sh\.rustup\.rs|//static\.rust-lang\.org/rustup|/nvm/v?[\w.]+/install\.sh"
            r"|//install\.python-poetry\.org|/get-poetry\.py|//get\.sdkman\.io|//get\.rvm\.io"
            r"|//astral\.sh/uv|//bun\.sh/install|//get\.pnpm\.io|//pyenv\.run|/pyenv-installer"
            r"|//deno\.land/(?:x/)?install|//nixos\.org/nix/install"
        ),
        frozenset(("profile",)),
    ),
)
#: What a program is asked about itself.
ASKING = words("--version -version -V --help -h version help -v")
QUOTES = "\"'"
UNTOLD = frozenset("$`~*?")
VERSION = "0123456789."
