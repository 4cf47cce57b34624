"""Which Kubernetes objects are in which files, what was skipped and why, and what may be missing."""

import gc
import re
from collections.abc import Container, Iterable, Sequence
from functools import partial

from k8slblint import documents
from k8slblint.budget import Budget, BudgetSpentError
from k8slblint.documents import Chunk, SyntaxProblem
from k8slblint.loading.counting import FEWEST_SHARED, Collected, Count
from k8slblint.loading.files import UNREADABLE
from k8slblint.loading.folders import SIZE_LIMIT, FileTooLargeError
from k8slblint.loading.kustomized import completed_in, hosts_of, listed_as_printed, patched_by, patches_of
from k8slblint.loading.lists import IDENTITY_WORDS, may_be_several, objects_of
from k8slblint.loading.passed_over import INVALID, UNRENDERED, PassedOver, Text
from k8slblint.loading.patched_values import note_layered, releases_in
from k8slblint.loading.plain_text import (
    empty_kind,
    has_settings,
    held_kinds,
    holds_services,
    is_fixed,
    is_local_config,
    is_miswritten,
    is_template,
    is_worth_reading_for_keys,
    nature_of,
    settable_in,
    stated_in,
    states_settings,
)
from k8slblint.loading.unread import BUILD_FILE, NOT_KUBERNETES, reason_without_identity, why_not_read
from k8slblint.loading.unused_kinds import UNOPENED_KINDS, Unused, UnusedKinds
from k8slblint.loading.value_holders import VALUE_HOLDERS
from k8slblint.model.loaded import Beside, Loaded, SourceFile
from k8slblint.model.location import Location, Span
from k8slblint.model.node import Node
from k8slblint.model.patterns import pattern
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import HELM_VALUES, VALUE_KINDS, Origin, Resource, SourceText

KIND_NOT_USED = "not relevant to the enabled rules"
BUDGET_SPENT = "not read, because the budget of the run was spent"
TOO_LARGE = f"larger than {SIZE_LIMIT // 1_000_000} MB"
_IDENTITY_LINES = tuple(pattern(rf"^{word}:", re.MULTILINE) for word in IDENTITY_WORDS)
_CLEAN, _TOKEN = "clean", "#{"
_KUSTOMIZE_GROUP = "kustomize.config.k8s.io"


def load(  # noqa: PLR0913 - all but the files are named
    files: Iterable[SourceFile],
    *,
    wanted: Container[str] | None,
    kustomizations: Sequence[SourceFile] = (),
    hosts: Sequence[SourceFile] = (),
    versions: Sequence[str | None] = (),
    are_rendered: bool = False,
    are_compared: bool = False,
    are_wanted_alone: bool = False,
    budget: Budget | None = None,
    most_objects: int | None = None,
) -> Loaded:
    """Read files and return the resources in them, in the order of `files`.

    `wanted` holds the type names (`Kind` or `Kind.group`) that are of use, None for all; documents of other kinds are only checked for
    syntax, and held against the schemas of the Kubernetes releases `versions` where any are given (None: unknown), or are not looked at
    where those `are_wanted_alone`. `kustomizations` only tell which of the files are patches; where they `are_rendered`, none is.
    `hosts` are files that are no manifests and may set up machines. Lists (`List`, `ServiceList` ...) are taken apart, and so are Helm
    values where `HelmValues` is wanted; of Services of which only ports are known, where revisions `are_compared`, or for a view.
    Nothing is raised for what the files hold; where the `budget` is spent, the other files are left out, and are gaps.

    Raises `OverLimitError` only where the files `are_rendered`: there are more than `most_objects`, or the budget is spent.
    """
    was_enabled, given = gc.isenabled(), list(files)
    gc.disable()
    try:
        patches = frozenset[str]() if are_rendered else patches_of([*given, *kustomizations])
        wants_values = wanted is not None and not are_rendered and any(name in wanted for name in VALUE_KINDS)
        loader = _Loader(wanted, patches, UnusedKinds(versions), wants_values=wants_values)
        loader.count, loader.are_compared, loader.is_narrow = Count(budget or Budget(), most_objects), are_compared, are_wanted_alone
        loader.read_all(given, are_rendered=are_rendered)
        loaded = loader.finish()
        if not are_rendered:
            told = [*given, *kustomizations]
            loaded.resources, loaded.refused = (listed_as_printed(one, told) for one in (loaded.resources, loaded.refused))
            there = partial(hosts_of, [*given, *hosts], loaded.no_hosts)
            loaded.beside = Beside(partial(patched_by, told), there, completed=partial(completed_in, told))
        return loaded
    finally:
        if was_enabled:
            gc.enable()


class _Loader:
    """Goes through the files one by one and collects what they yield."""

    def __init__(self, wanted: Container[str] | None, patches: Container[str], unused: UnusedKinds, *, wants_values: bool) -> None:
        self._wanted, self._wants_values = wanted, wants_values
        self._unused = unused
        self._patches = patches
        self._memory = documents.memory()
        self._stated_in, self._nature_of = stated_in, nature_of
        if self._memory is not None:
            from k8slblint.loading import remembered_texts  # small trees are not remembered

            self._stated_in = partial(remembered_texts.stated_in, memory=self._memory)
            self._nature_of = partial(remembered_texts.nature_of, memory=self._memory)
        self._loaded = Loaded()
        self._passed = PassedOver(self._loaded)
        self.collected = Collected(self._loaded, self._passed.files, self._passed.documents, unused)
        self.count, self.are_compared, self.is_narrow = Count(Budget(), None), False, False

    def read_all(self, files: Sequence[SourceFile], *, are_rendered: bool) -> None:
        """Read files in their order; those that the budget does not suffice for are left out, or it raises where they `are_rendered`."""
        if not are_rendered and len(files) >= FEWEST_SHARED:
            from k8slblint.loading.parts import read_shared  # few trees are that large

            read_shared(files, self)
            return
        for number, file in enumerate(files):
            try:
                self.read(file)
            except BudgetSpentError:
                if are_rendered:
                    raise
                self.leave_out(files[number:])
                break

    def beside(self) -> "_Loader":
        """Return what reads other files, for the same questions."""
        loader = _Loader(self._wanted, self._patches, self._unused.beside(), wants_values=self._wants_values)
        loader.are_compared, loader.is_narrow = self.are_compared, self.is_narrow
        return loader

    def leave_out(self, files: Sequence[SourceFile]) -> None:
        """Pass over files for which the budget has no more, the first of them perhaps read in part."""
        for file in files:
            self._loaded.files[file.path] = file
            self._passed.leave_out(file, BUDGET_SPENT, BUDGET_SPENT)

    def finish(self) -> Loaded:
        """Return everything, with the counts."""
        note_layered(self._loaded.resources, self._patches)
        self._judge_unused()
        completeness = self._loaded.completeness
        completeness.files_seen = len(self._loaded.files)
        completeness.documents_linted += len(self._loaded.resources)
        completeness.files_skipped, completeness.documents_skipped = self._passed.files.sorted(), self._passed.documents.sorted()
        return self._loaded

    def read(self, file: SourceFile) -> None:
        """Read one file."""
        self._loaded.files[file.path] = file
        try:
            data = file.read()
            self.count.bytes(file, len(data))
        except FileTooLargeError:
            self._passed.leave_out(file, TOO_LARGE, TOO_LARGE)
            return
        except OSError as error:
            self._passed.leave_out(file, UNREADABLE, f"{UNREADABLE} ({error.strerror or error})")
            return
        if reason := why_not_read(file, data, self._patches, wants_values=self._wants_values):
            self._passed.files.add(reason, file.path)
            for source, chunk in releases_in(data) if self._wants_values and file.path in self._patches else ():
                self._take_values_of(Text(file, source), chunk)
            return
        self._loaded.completeness.files_read += 1
        try:
            content = documents.decode(data)
        except documents.UndecodableText as error:
            self._passed.report_broken(Text(file, SourceText(data.decode("utf-8", "replace"))), error.problem)
            return
        if self._wants_values and not file.named and not all(word in content for word in IDENTITY_WORDS):
            self._read_values(Text(file, SourceText(content), is_template(content)))
            return
        is_whole_template, stated = self._stated_in(content)
        text = Text(file, SourceText(content), is_whole_template)
        for one in stated:
            self._take(text, *one)
        self._loaded.kinds[file.path] = {f"{kind}.{version.rpartition('/')[0]}" for _, version, kind in stated if version and kind}

    def _read_values(self, text: Text) -> None:
        """Read a file without objects; one whose values say nothing of Services holds no documents."""
        chunks, reason = documents.split(text.source.text), reason_without_identity(text.file.path)
        silent = [chunk for chunk in chunks if not self._take_values(text, chunk)]
        if len(silent) == len(chunks):
            self._loaded.completeness.files_read -= 1
            self._passed.files.add(reason, text.file.path)
            return
        self._loaded.completeness.documents_seen += len(silent)
        for chunk in silent:
            self._passed.skip(text, chunk, reason)

    def _take(self, text: Text, chunk: Chunk, api_version: str | None, kind: str | None) -> None:
        self.count.object(text.file)
        if not api_version or not kind:
            self._take_unidentified(text, chunk)
            return
        self._loaded.completeness.documents_seen += 1
        group = api_version.rpartition("/")[0]
        is_wanted = self._is_wanted(kind, group) or may_be_several(kind, group) or "{" in kind + group
        if self.is_narrow and not is_wanted:
            return
        if self._wants_values and (kind in VALUE_HOLDERS.get(group, ()) or holds_services(api_version, kind, chunk.text)):
            self._take_values_of(text, chunk)
        if self._wants_values and group == _KUSTOMIZE_GROUP and "valuesInline" in chunk.text:
            self._take_values_of(text, chunk, is_build_file=True)
        for held in held_kinds(api_version, kind, chunk.text):
            self._take_held(text, chunk, held)
        if group == _KUSTOMIZE_GROUP or is_local_config(chunk.text):
            self._passed.skip(text, chunk, BUILD_FILE)
        elif is_wanted:
            self._parse(text, chunk)
        elif states_settings(api_version, kind, chunk.text):
            self._loaded.unopened.setdefault(kind, {})[text.file.path] = None
            self._parse(text, chunk)
        else:
            self._check_unused(text, chunk, api_version, kind)

    def _is_wanted(self, kind: str, group: str) -> bool:
        return self._wanted is None or (f"{kind}.{group}" if group else kind) in self._wanted

    def _take_unidentified(self, text: Text, chunk: Chunk) -> None:
        """Pass over a document without `apiVersion` or `kind`; a file that the user named must at least be valid YAML."""
        self._loaded.completeness.documents_seen += 1
        if all(line.search(chunk.text) for line in _IDENTITY_LINES) and (text.is_template or documents.is_template(chunk.text)):
            self._passed.skip_template(text, chunk)
        elif self._wants_values and self._take_values(text, chunk):
            self._loaded.completeness.documents_seen -= 1
        elif (line := empty_kind(chunk)) and not text.is_template and is_fixed(chunk.text):
            from k8slblint.loading.yaml_wording import empty_kind_problem  # few trees have any

            self._loaded.problems.append(empty_kind_problem(Location(text.file.path, Span(line, 1, line, 6)), text.source))
            self._passed.skip(text, chunk, INVALID)
        elif (text.file.named or is_miswritten(chunk)) and (problem := documents.check_syntax(chunk)):
            self._passed.take_broken(text, chunk, problem)
        else:
            self._passed.skip(text, chunk, reason_without_identity(text.file.path))

    def _take_values(self, text: Text, chunk: Chunk) -> bool:
        """Take what Helm values say of Services and return True where they say anything; each Service counts as a document."""
        path = text.file.scope_path or text.file.path
        from k8slblint.loading.helm_values import may_be_values, service_views  # few trees have any

        root = self._root_with_values(text, chunk) if may_be_values(path, chunk.text) else None
        return root is not None and self._add_values(text, service_views(root, path)) > 0

    def _take_values_of(self, text: Text, chunk: Chunk, *, is_build_file: bool = False) -> None:
        """Take the same from the values in an object that deploys a chart, or a kustomization; they count besides it."""
        from k8slblint.loading.helm_values import may_hold_services
        from k8slblint.loading.remembered_views import views_of

        if may_hold_services(chunk.text, with_ports=self.are_compared):
            path = text.file.scope_path or text.file.path
            self._add_values(text, views_of(chunk, path, partial(self._views_in, text, chunk, path, is_build_file=is_build_file)))

    def _views_in(self, text: Text, chunk: Chunk, path: str, *, is_build_file: bool) -> list[Node] | None:
        from k8slblint.loading.helm_values import service_views, service_views_in

        root = self._root_with_values(text, chunk)
        if root is None:
            return None
        return [*(service_views(root, path) if is_build_file else service_views_in(root, text.source.text, path))]

    def _take_held(self, text: Text, chunk: Chunk, kind: str) -> None:
        """Take the objects of a kind that the texts in ConfigMaps hold; they count besides those."""
        if self._is_wanted(kind, "") and not text.is_template and not documents.is_template(chunk.text):
            from k8slblint.loading.held_objects import held_views  # few trees have any

            self._add_values(text, held_views(chunk, text.source.text, kind))

    def _root_with_values(self, text: Text, chunk: Chunk) -> Node | None:
        """Return a document that may hold values, None for templates and what is broken."""
        if text.is_template or documents.is_template(chunk.text):
            return None
        try:
            root = documents.parse_shared(chunk).root
        except documents.BrokenDocument:
            return None
        return root if isinstance(root.value, dict) else None

    def _add_values(self, text: Text, views: Iterable[Node]) -> int:
        found = []
        for view in views:
            self.count.object(text.file)
            made = Resource(view, text.file.path, text.source)
            if made.kind != HELM_VALUES or self._wanted is None or made.type_name in self._wanted:
                found.append(made)
        self._loaded.completeness.documents_seen += len(found)
        self._loaded.completeness.documents_with_placeholders += sum(has_placeholder(one.value) for one in found)
        self._loaded.resources += found
        return len(found)

    def _check_unused(self, text: Text, chunk: Chunk, api_version: str, kind: str) -> None:
        if kind in UNOPENED_KINDS and api_version == "v1":
            self._loaded.unopened.setdefault(kind, {})[text.file.path] = None
        unused = Unused(text.file.path, text.file.project, text.source, api_version, kind, chunk, is_template=text.is_template)
        is_read = self._unused.reads(unused) and unused.is_read_well()
        is_known = is_read or documents.read_at_once(chunk) is not None
        is_known = is_known or (self._memory is not None and self._memory.recall(_CLEAN, chunk.text) is True)
        repeated: Sequence[SyntaxProblem] = ()
        if not is_known and not text.is_template and is_worth_reading_for_keys(chunk.text):
            from k8slblint.loading.broken_text import repeated_keys  # few trees have any

            self._passed.report_repetitions(text, repeated := repeated_keys(chunk), chunk)
        if self._unused.is_sound(unused):
            self._loaded.completeness.documents_linted += 1
            return
        problem = None if is_known else documents.check_syntax(chunk)
        if self._memory is not None and not (is_known or repeated or problem or text.is_template):
            self._memory.keep(True, _CLEAN, chunk.text)  # noqa: FBT003 - what is kept
        if problem is None:
            self._unused.add(unused)
        else:
            if cause := self._passed.cause(text, chunk, problem):
                self._passed.report(text, cause)
            self._passed.skip(text, chunk, INVALID if cause else UNRENDERED)

    def _parse(self, text: Text, chunk: Chunk) -> None:
        is_a_template, has_placeholders = self._nature_of(chunk.text)
        if text.is_template or is_a_template:
            self._passed.skip_template(text, chunk)
            return
        filled_in = self._passed.filled_in(text, chunk) if _TOKEN in chunk.text else None
        try:
            parsed = filled_in or settable_in(chunk) or documents.parse_shared(chunk)
        except documents.BrokenDocument as error:
            if (filled_in := self._passed.filled_in(text, chunk)) is None:
                self._passed.take_broken(text, chunk, error.problem)
                return
            parsed = filled_in
        has_placeholders |= filled_in is not None
        if parsed.problems:
            from k8slblint.loading.broken_text import lost_separator

            lost = lost_separator(chunk)
            if lost or not is_fixed(chunk.text):
                self._passed.take_broken(text, chunk, lost or parsed.problems[0])
                return
            self._passed.report_repetitions(text, parsed.problems, chunk)
        if not isinstance(parsed.root.value, dict):
            self._passed.skip(text, chunk, NOT_KUBERNETES)
            return
        self._loaded.completeness.documents_seen -= 1
        origin = Origin(chunk.source) if chunk.source else None
        for node in objects_of(parsed.root):
            if node is not parsed.root:
                self.count.object(text.file)
            self._loaded.completeness.documents_seen += 1
            self._loaded.completeness.documents_with_placeholders += self._add(text, node, chunk, origin) and has_placeholders

    def _add(self, text: Text, node: Node, chunk: Chunk, origin: Origin | None) -> bool:
        """Add one object and return True, or pass it over; an element of a list is a document of its own."""
        api_version, kind = (node.value.get(key) for key in IDENTITY_WORDS) if isinstance(node.value, dict) else (None, None)
        if api_version in (None, "") or kind in (None, ""):
            self._passed.skip_at(text, node.line, NOT_KUBERNETES)
        elif not isinstance(api_version, str) or not isinstance(kind, str):
            from k8slblint.loading.yaml_wording import identity_problem

            self._loaded.problems.append(identity_problem(text.file.path, text.source, node))
            self._passed.skip_at(text, node.line, INVALID)
        elif self._is_wanted(kind, api_version.rpartition("/")[0]) or (kind == "ConfigMap" and has_settings(node.value)):
            self._loaded.resources.append(Resource(node, text.file.path, text.source, origin))
            return True
        else:
            self._add_unused(Unused(text.file.path, text.file.project, text.source, api_version, kind, chunk, node))
        return False

    def _add_unused(self, unused: Unused) -> None:
        if self._unused.is_sound(unused):
            self._loaded.completeness.documents_linted += 1
        else:
            self._unused.add(unused)

    def _judge_unused(self) -> None:
        """Sort what nobody uses: what is refused, what a definition in the tree finds sound, and what has no schema."""
        files = self._loaded.files
        judgement = self._unused.finish([(files[one.path].project if one.path in files else "", one) for one in self._loaded.resources])
        self._loaded.refused, self._loaded.declared = judgement.refused, judgement.declared
        self._loaded.definitions = judgement.definitions
        self._loaded.completeness.documents_linted += len(judgement.refused) + judgement.sound
        for unused in judgement.unjudged:
            self._passed.documents.add(UNRENDERED if unused.is_template else KIND_NOT_USED, f"{unused.path}:{unused.line}")
