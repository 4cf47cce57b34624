"""Makes git repositories: hostile settings, links as blobs, submodules, odd names, and a revision to compare with."""

from tests.fuzzing.charts import chart_files
from tests.fuzzing.dice import COMMAND, MARKER, OUTSIDE, PORT, Dice
from tests.fuzzing.kustomizations import kustomization
from tests.fuzzing.plain import manifest, odd_name
from tests.fuzzing.trees import TOKEN, Tree
from tests.fuzzing.writing import written

_FILTERS = '[filter "x"]\n\tclean = "C; cat"\n\tsmudge = "C; cat"\n\tprocess = "C"\n\trequired = true\n'.replace("C", COMMAND)
_FETCHES = (
    f'[remote "origin"]\n\turl = ext::sh -c "{COMMAND}"\n\tpromisor = true\n\tpartialclonefilter = blob:none\n\tuploadpack = "{COMMAND}"\n'
    "\tvcs = evil\n[protocol]\n\tallow = always\n[extensions]\n\tpartialClone = origin\n"
)
_ATTRIBUTES = (
    f"[core]\n\tattributesFile = {OUTSIDE}/secret.txt\n\texcludesFile = {OUTSIDE}/secret.txt\n"
    f'\talternateRefsCommand = "{COMMAND}"\n\tgitProxy = "{COMMAND}"\n'
)
_SUBMODULES = (
    f'[credential]\n\thelper = "!{COMMAND}"\n[submodule]\n\trecurse = true\n[status]\n\tsubmoduleSummary = true\n'
    "[diff]\n\tsubmodule = log\n\tignoreSubmodules = none\n"
)
_SETTINGS = (
    f'[core]\n\tfsmonitor = "{COMMAND}; false"\n',
    f'[core]\n\tsshCommand = "{COMMAND}"\n\tpager = "{COMMAND}"\n\teditor = "{COMMAND}"\n\taskPass = "{COMMAND}"\n',
    f"[core]\n\thooksPath = {OUTSIDE}\n",
    "[core]\n\tworktree = /etc\n",
    _ATTRIBUTES,
    f'[diff]\n\texternal = "{COMMAND}"\n[diff "x"]\n\tcommand = "{COMMAND}"\n\ttextconv = "{COMMAND}; cat"\n',
    _FILTERS,
    f'[filter "a=b"]\n\tclean = "{COMMAND}; cat"\n\trequired = true\n',
    f'[alias]\n\tdiff = "!{COMMAND}"\n\trev-parse = "!{COMMAND}"\n\tcat-file = "!{COMMAND}"\n',
    _FETCHES,
    f'[remote "origin"]\n\turl = http://127.0.0.1:{PORT}/x.git\n\tpromisor = true\n[extensions]\n\tpartialClone = origin\n',
    f'[gpg]\n\tprogram = "{COMMAND}"\n[log]\n\tshowSignature = true\n[trace2]\n\teventTarget = {MARKER}/trace\n',
    f"[include]\n\tpath = {OUTSIDE}/secret.txt\n",
    _SUBMODULES,
    f'[url "ext::sh -c {COMMAND} %"]\n\tinsteadOf = http://\n',
    "[broken\n",
    "[core]\n\trepositoryformatversion = 99\n",
    f'[uploadpack]\n\tpackObjectsHook = "{COMMAND}"\n[index]\n\tsparse = true\n[feature]\n\tmanyFiles = true\n',
)
_END = b"END-OF-A-FILE"
_MODES = ("100644", "100755", "120000", "160000")


def tree(dice: Dice) -> Tree:
    """Return a repository with a commit that may be compared with."""
    before = {f"h/{number}.yaml": written(dice, manifest(dice)) for number in range(dice.number(1, 3))}
    if dice.chance(0.3):
        before.update({f"h/web/{path}": data for path, data in chart_files(dice, 2).items()})
    if dice.chance(0.3):
        before["h/k/kustomization.yaml"] = written(dice, kustomization(dice))
    files = {path: data for path, data in before.items() if dice.chance(0.5)}
    files[f"h/{odd_name(dice)}/new.yaml"] = written(dice, manifest(dice))
    if dice.chance(0.6):
        files[".gitattributes"] = b"* filter=x diff=x\n*.yaml filter=a=b\n"
    if dice.chance(0.3):
        files[".gitmodules"] = f'[submodule "s"]\n\tpath = h/s\n\turl = ext::sh -c {COMMAND}%\n\tupdate = !{COMMAND}\n'.encode()
    if dice.chance(0.2):
        files["h/s/.git"] = f"gitdir: {OUTSIDE}\n".encode()
    settings = "".join(dice.some(lambda: dice.pick(_SETTINGS), 3, 1))
    config = f'{settings}[http "https://github.com/"]\n\textraheader = AUTHORIZATION: basic {TOKEN}\n'.encode()
    revision = dice.pick(
        ("HEAD", "HEAD", "HEAD", "main", "HEAD...main", "--upload-pack=x", "@{u}", dice.word().encode("utf-8", "replace").decode())
    )
    return Tree("git", files, {}, (f"--against={revision}",), stream=_stream(dice, before), git_config=config)


def _stream(dice: Dice, files: dict[str, bytes]) -> bytes:
    """Return a history of one commit for `git fast-import`."""
    parts = [b"commit refs/heads/main\ncommitter a <a@a> 1700000000 +0000\ndata 0\n"]
    extra = [(_quoted(f"h/{odd_name(dice)}"), dice.pick(_MODES)) for _ in range(dice.number(0, 4))]
    for name, mode in [*((_quoted(path), "100644") for path in files), *extra]:
        if mode == "160000":
            parts.append(b"M 160000 %s %s\n" % (b"1" * 40, name))
            continue
        data = next((files[path] for path in files if _quoted(path) == name), dice.outside().encode("utf-8", "replace"))
        parts.append(b"M %s inline %s\ndata <<%s\n%s\n%s\n" % (mode.encode(), name, _END, data, _END))
    return b"".join(parts) + b"\ndone\n"


def _quoted(path: str) -> bytes:
    text = path.encode("utf-8", "replace")
    return b'"' + b"".join(b"\\%03o" % byte if byte < 32 or byte > 126 or byte in b'"\\' else bytes([byte]) for byte in text) + b'"'
