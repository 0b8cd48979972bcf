"""The passes, one file each. `PASSES` is the only registry and the only order."""

from __future__ import annotations

from dockfix.passes import (
    assume_yes,
    avoid_sudo,
    clean_package_cache,
    copy_not_add,
    copy_source_late,
    copy_with_owner,
    count_layers,
    dockerignore,
    drop_root,
    exec_form,
    fetch_in_run,
    find_manifest,
    find_source,
    hide_secrets,
    install_before_source,
    keep_secrets_out,
    key_value_form,
    keyword_case,
    last_start_only,
    locked_install,
    merge_installs,
    merge_metadata,
    merge_runs,
    modern_flags,
    narrow_copy,
    no_install_recommends,
    no_late_delete,
    pin_dependencies,
    repair_typos,
    set_pipefail,
    sort_packages,
    stable_first,
    tag_base,
    tidy_continuations,
    update_with_install,
    use_cache_mount,
    use_workdir,
)
from dockfix.passes.base import Pass

PASSES: tuple[Pass, ...] = (
    # what is mended is read by the others as it was meant
    repair_typos.PASS,
    # an empty line divides a list: what looks at lists has to see the final lines
    tidy_continuations.PASS,
    # what has no effect needs no rewriting
    last_start_only.PASS,
    # keywords are asked about by no other
    keyword_case.PASS,
    # the words of ENV and LABEL, in which no other pass looks
    key_value_form.PASS,
    # which takes pairs with an equals sign only
    merge_metadata.PASS,
    # what copies is read as a COPY by those below
    copy_not_add.PASS,
    # what is not sent to the builder is in no other's way
    dockerignore.PASS,
    # a RUN that is merged no longer begins with its cd
    use_workdir.PASS,
    # an install that keeps to its lock file writes none that a COPY below it would overwrite
    locked_install.PASS,
    # while the RUN that removes still stands alone
    no_late_delete.PASS,
    # what moves comes first: it may bring RUNs together
    install_before_source.PASS,
    # the rows of COPYs are final now, and metadata that goes may let RUNs meet
    stable_first.PASS,
    # as long as a RUN does nothing else
    copy_with_owner.PASS,
    # a merged RUN holds what the passes below look for in one script
    merge_runs.PASS,
    # fetching and taking apart stand in one RUN now, if they may
    fetch_in_run.PASS,
    # installs are merged only if their options are the same
    assume_yes.PASS,
    no_install_recommends.PASS,
    # one install has one list to sort
    merge_installs.PASS,
    # what could be merged brings its update along
    update_with_install.PASS,
    # behind the last install of a merged RUN, and no longer in a RUN of its own
    clean_package_cache.PASS,
    # in place of cleanups, which the pass above leaves to it where there is a mount
    use_cache_mount.PASS,
    # concerns options, in which no other pass looks
    modern_flags.PASS,
    # lists are final now
    sort_packages.PASS,
    # concerns no other
    exec_form.PASS,
    # notes speak of the file as it will be
    narrow_copy.PASS,
    pin_dependencies.PASS,
    find_manifest.PASS,
    find_source.PASS,
    keep_secrets_out.PASS,
    tag_base.PASS,
    copy_source_late.PASS,
    set_pipefail.PASS,
    drop_root.PASS,
    hide_secrets.PASS,
    count_layers.PASS,
    avoid_sudo.PASS,
)
