"""The GitHub Action: what it declares is what it uses, and its steps do their work."""

import http.server
import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from ruamel.yaml import YAML

CHECKOUT = Path(__file__).parent.parent
ACTION = YAML(typ="safe", pure=True).load((CHECKOUT / "action.yml").read_text(encoding="utf-8"))
STEPS = ACTION["runs"]["steps"]
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")

SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
  annotations:
    service.beta.kubernetes.io/aws-load-balancer-type: {}
spec:
  type: LoadBalancer
  selector: {{app: web}}
  ports:
    - {{port: 80, targetPort: 8080}}
"""


def _expressions(value):
    return EXPRESSION.findall(json.dumps(value))


def test_the_shape_is_that_of_an_action():
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-actions", str(CHECKOUT / "action.yml")]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_input_is_used_and_every_used_input_is_declared():
    used = {name for expression in _expressions(STEPS) for name in re.findall(r"\binputs\.([a-z-]+)", expression)}
    assert used == set(ACTION["inputs"])


def test_every_step_output_that_is_used_is_written():
    written = {
        f"steps.{step['id']}.outputs.{name}" for step in STEPS if "id" in step for name in re.findall(r"\becho \"([a-z-]+)=", step["run"])
    }
    used = {name for name in _expressions(ACTION) if name.startswith("steps.")}
    assert used == written


def test_inputs_reach_scripts_through_the_environment_only():
    assert [step["name"] for step in STEPS if EXPRESSION.search(step["run"])] == []


def test_inputs_and_outputs_are_described():
    entries = [*ACTION["inputs"].values(), *ACTION["outputs"].values()]
    assert all(entry["description"] for entry in entries)


def test_every_step_runs_in_bash_and_calls_no_other_action():
    assert {step["shell"] for step in STEPS} == {"bash"}
    assert [step["name"] for step in STEPS if "uses" in step] == []


class Runner:
    """Runs the steps of the action as the runner of GitHub does."""

    def __init__(self, temp, scratch):
        self.temp = temp
        self.workspace = scratch / "workspace"
        self.workspace.mkdir()
        self.output = scratch / "output"
        self.summary = scratch / "summary"
        config = scratch / "gitconfig"
        config.write_text("[user]\nname = Test\nemail = test@shop.example\n", encoding="utf-8")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT", "PRE_COMMIT", "K8SLBLINT", "RUNNER"))}
        self.environment = kept | {
            "GIT_CONFIG_GLOBAL": str(config),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(CHECKOUT),
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_OS": "Linux",
            "RUNNER_TEMP": str(temp),
        }
        self.log = ""

    def git(self, *arguments):
        subprocess.run(["git", *arguments], cwd=self.workspace, env=self.environment, check=True, capture_output=True)

    def commit(self, type_, folder="."):
        path = self.workspace / folder / "web.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(SERVICE.format(type_), encoding="utf-8")
        self.git("add", ".")
        self.git("commit", "--quiet", "--allow-empty", "--message", type_)

    def run(self, steps=STEPS, **inputs):
        """Run steps until one fails; return the outcome of the action and its outputs."""
        given = {name: declared.get("default", "") for name, declared in ACTION["inputs"].items()}
        given |= {name.replace("_", "-"): value for name, value in inputs.items()}
        values = {f"inputs.{name}": value for name, value in given.items()}
        values["steps.install.outputs.scripts"] = str(self.temp / "k8slblint" / "bin")
        outcome = 0
        for step in steps:
            if "inputs.comment" in step.get("if", "") and given["comment"] != "true":
                continue
            outcome = self._run_step(step, values)
            if outcome:
                break
        outputs = {name: self._evaluate(declared["value"], values) for name, declared in ACTION["outputs"].items()}
        return outcome, outputs

    def _run_step(self, step, values):
        self.output.write_text("", encoding="utf-8")
        script = self.output.with_name("step.sh")
        script.write_text(step["run"], encoding="utf-8")
        environment = {name: self._evaluate(value, values) for name, value in step.get("env", {}).items()}
        run = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.workspace,
            env=self.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        self.log += run.stdout
        for line in self.output.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition("=")
            values[f"steps.{step['id']}.outputs.{name}"] = value
        return run.returncode

    @staticmethod
    def _evaluate(text, values):
        return EXPRESSION.sub(lambda expression: values.get(expression[1], ""), text)


@pytest.fixture(scope="module")
def installed(tmp_path_factory, wheels):
    """The runner's temporary folder after the first step, as it is for all the tests."""
    temp = tmp_path_factory.mktemp("runner")
    runner = Runner(temp, tmp_path_factory.mktemp("install"))
    runner.environment |= wheels
    marker = plant_modules(runner.workspace)
    outcome, _ = runner.run(STEPS[:1], python=sys.executable)
    assert outcome == 0, runner.log
    assert not marker.exists(), "the install step runs code of the workspace"
    return temp


def plant_modules(workspace):
    """Plant modules of the names that Python and pip import, in the workspace that a pull request fills; return the marker they leave."""
    marker = workspace / "pwned"
    code = f"open({str(marker)!r}, 'w').close()\n"
    for name in ("venv", "ensurepip", "pip", "sitecustomize", "usercustomize", "sys", "json", "runpy", "click", "k8slblint"):
        package = workspace / name
        package.mkdir()
        (package / "__init__.py").write_text(code, encoding="utf-8")
        (package / "__main__.py").write_text(code, encoding="utf-8")
    return marker


def test_the_planted_modules_work(tmp_path):
    marker = plant_modules(tmp_path)
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "none")], cwd=tmp_path, check=False, capture_output=True)
    assert marker.exists()


def test_python_never_looks_into_the_workspace_for_modules():
    calls = [
        line
        for step in STEPS
        for line in step["run"].splitlines()
        if re.search(r"python\"?|candidate", line) and re.search(r" -[mc] ", line)
    ]
    assert calls
    assert [line for line in calls if not re.search(r" -I -[mc] ", line)] == []


@pytest.fixture
def runner(installed, tmp_path):
    runner = Runner(installed, tmp_path)
    runner.git("init", "--quiet", "--initial-branch=main")
    return runner


def _results(outputs):
    return json.loads(Path(outputs["sarif-file"]).read_text(encoding="utf-8"))["runs"][0]["results"]


@pytest.mark.installs
def test_a_clean_repository_passes_and_none_of_its_modules_run(runner):
    marker = plant_modules(runner.workspace)
    runner.commit("nlb")
    outcome, outputs = runner.run(STEPS[1:])
    assert not marker.exists()
    assert outcome == 0, runner.log
    assert outputs["exit-code"] == "0"
    assert outputs["findings"] == "0"
    assert _results(outputs) == []


@pytest.mark.installs
def test_a_change_since_the_base_fails_with_annotation_and_sarif(runner):
    runner.commit("elb")
    runner.commit("nlb")
    outcome, outputs = runner.run(STEPS[1:], base_ref="HEAD~1", sarif_file="lint.sarif")
    assert outcome == 1, runner.log
    counts = {"findings": "1", "new-findings": "1", "exposure-changed": "false"}
    assert outputs == {"sarif-file": "lint.sarif", **counts, "exit-code": "1"}
    results = json.loads((runner.workspace / "lint.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
    assert [result["ruleId"] for result in results] == ["aws-load-balancer-type-mutated"]
    assert "::error file=web.yaml,line=7," in runner.log


@pytest.mark.installs
def test_the_job_summary_says_what_the_change_exposes_and_the_output_that_it_does(runner):
    runner.commit("nlb")
    path = runner.workspace / "web.yaml"
    path.write_text(path.read_text(encoding="utf-8") + f"---\n{SERVICE.format('nlb').replace('name: web', 'name: api')}", encoding="utf-8")
    runner.summary.write_text("# Before\n", encoding="utf-8")
    _, outputs = runner.run(STEPS[1:], base_ref="HEAD", fail_on="never")
    assert outputs["exposure-changed"] == "true"
    summary = runner.summary.read_text(encoding="utf-8")
    assert summary.startswith(
        "# Before\n## k8slblint\n\n**Adds 1 internet-facing load balancer (NLB, about 16 USD a month) · Service shop/api"
    )
    assert "### More exposed (1)" in summary


@pytest.mark.installs
def test_without_a_base_nothing_is_said_of_what_is_new_or_exposed(runner):
    runner.commit("nlb")
    _, outputs = runner.run(STEPS[1:])
    assert (outputs["new-findings"], outputs["exposure-changed"]) == ("", "")
    assert "exposure" not in runner.summary.read_text(encoding="utf-8").lower()


@pytest.mark.installs
def test_a_runner_without_summaries_is_no_fault(runner):
    runner.commit("nlb")
    del runner.environment["GITHUB_STEP_SUMMARY"]
    assert runner.run(STEPS[1:])[0] == 0


COMMENTER = CHECKOUT / "tools" / "action_comment.py"
BOT = "github-actions[bot]"
TOKEN = "not-a-token"  # noqa: S105 - none


class Api:
    """What GitHub answers to the script that comments: the comments that there are, and who asks."""

    def __init__(self, comments=(), login=None, *, refused=False):
        self.comments = list(comments)
        self.login = login
        self.refused = refused
        self.asked = []
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                content = json.loads(self.rfile.read(length)) if length else None
                status, value = api.answer(self.command, self.path, content, self.headers["Authorization"])
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(value).encode())

            do_GET = do_POST = do_PATCH = answer  # noqa: N815 - the names that the server looks for

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def answer(self, method, path, content, token):
        self.asked.append((method, path, token))
        if path == "/user":
            return (403, {}) if self.login is None else (200, {"login": self.login})
        if method == "GET":
            page = int(path.rpartition("=")[2])
            return 200, self.comments[(page - 1) * 100 : page * 100]
        if self.refused:
            return 403, {"message": "Resource not accessible by integration"}
        if method == "POST":
            self.comments.append(comment(len(self.comments) + 1, self.login or BOT, content["body"]))
        else:
            next(one for one in self.comments if one["id"] == int(path.rpartition("/")[2]))["body"] = content["body"]
        return 200, {}

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def comment(number, login, body):
    return {"id": number, "user": {"login": login}, "body": body}


def write_comment(api, folder, text="report", **environment):
    (folder / "event.json").write_text(json.dumps({"pull_request": {"number": 7}}), encoding="utf-8")
    (folder / "report.md").write_text(text, encoding="utf-8")
    given = {
        "GITHUB_API_URL": f"http://127.0.0.1:{api.server.server_port}",
        "GITHUB_EVENT_PATH": str(folder / "event.json"),
        "GITHUB_REPOSITORY": "shop/web",
        "GITHUB_WORKFLOW": "ci",
        "GITHUB_JOB": "lint",
        "TOKEN": TOKEN,
    }
    return subprocess.run(
        [sys.executable, "-I", str(COMMENTER), str(folder / "report.md")],
        env=given | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_comment_is_written_once_and_then_kept_up_to_date(tmp_path):
    with Api() as api:
        assert write_comment(api, tmp_path).returncode == 0
        assert write_comment(api, tmp_path, "another report").returncode == 0
        assert write_comment(api, tmp_path, "of another job", GITHUB_JOB="other").returncode == 0
    assert [one["body"].partition("\n")[2] for one in api.comments] == ["another report", "of another job"]
    assert {path for _, path, _ in api.asked if path != "/user"} == {
        "/repos/shop/web/issues/7/comments?per_page=100&page=1",
        "/repos/shop/web/issues/7/comments",
        "/repos/shop/web/issues/comments/1",
    }
    assert {token for _, _, token in api.asked} == {f"Bearer {TOKEN}"}


def test_the_comment_of_somebody_else_is_never_written_over(tmp_path):
    with Api() as api:
        write_comment(api, tmp_path)
        marked = api.comments[0]["body"]
        api.comments[:] = [comment(number, "mallory", marked) for number in range(1, 151)]
        assert write_comment(api, tmp_path, "new").returncode == 0
    assert [one["user"]["login"] for one in api.comments if "new" in one["body"]] == [BOT]


def test_a_comment_with_the_token_of_a_person_is_found_again(tmp_path):
    with Api(login="alice") as api:
        for text in ("one", "two"):
            assert write_comment(api, tmp_path, text).returncode == 0
    assert len(api.comments) == 1


def test_a_token_that_may_not_comment_fails_in_one_line_without_the_token(tmp_path):
    with Api(refused=True) as api:
        run = write_comment(api, tmp_path)
    assert run.returncode == 1
    assert run.stderr == "k8slblint: HTTPError: 403\n"
    assert TOKEN not in run.stderr + run.stdout


def test_a_comment_is_never_longer_than_github_takes(tmp_path):
    with Api() as api:
        assert write_comment(api, tmp_path, "x" * 100_000).returncode == 0
    assert len(api.comments[0]["body"]) == 65_536


@pytest.mark.installs
def test_the_action_comments_on_pull_requests_only_and_when_asked(runner, tmp_path):
    runner.commit("nlb")
    (tmp_path / "event.json").write_text(json.dumps({"pull_request": {"number": 7}}), encoding="utf-8")
    with Api() as api:
        runner.environment |= {
            "GITHUB_API_URL": f"http://127.0.0.1:{api.server.server_port}",
            "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
            "GITHUB_REPOSITORY": "shop/web",
        }
        runner.run(STEPS[1:], comment="true")
        assert api.asked == []
        runner.environment |= {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_BASE_REF": "main"}
        runner.run(STEPS[1:], github_token=TOKEN)
        assert api.asked == []
        outcome, _ = runner.run(STEPS[1:], comment="true", github_token=TOKEN)
        assert outcome == 0, runner.log
        assert "## k8slblint" in api.comments[0]["body"]
        api.refused = True
        outcome, _ = runner.run(STEPS[1:], comment="true", github_token=TOKEN)
    assert outcome == 0, runner.log
    assert "pull-requests: write" in runner.log
    assert TOKEN not in runner.log


@pytest.mark.installs
def test_a_pull_request_is_compared_with_its_target_branch(runner):
    runner.environment |= {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_BASE_REF": "main"}
    runner.commit("elb")
    runner.git("checkout", "--quiet", "-b", "change")
    runner.commit("nlb")
    runner.git("checkout", "--quiet", "main")
    runner.git("merge", "--quiet", "--no-ff", "--message", "merge", "change")
    outcome, outputs = runner.run(STEPS[1:])
    assert outcome == 1, runner.log
    assert outputs["findings"] == "1"
    assert runner.run(STEPS[1:], base_ref="none")[1]["findings"] == "0"


@pytest.mark.installs
def test_a_pull_request_without_history_says_what_is_missing(runner):
    runner.environment |= {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_BASE_REF": "main"}
    runner.commit("nlb")
    outcome, _ = runner.run(STEPS[1:])
    assert outcome == 0, runner.log
    assert "::warning title=k8slblint::The rules about changes are off, and all findings count." in runner.log
    assert "fetch-depth 2" in runner.log
    outcome, outputs = runner.run(STEPS[1:], config_from="base")
    assert (outcome, outputs["exit-code"]) == (2, "2"), "the configuration of the change must not count instead"


@pytest.mark.installs
@pytest.mark.parametrize("is_merge", [True, False], ids=["merge commit", "head of the branch"])
def test_a_shallow_checkout_of_a_pull_request_fetches_what_it_is_compared_with(runner, tmp_path, is_merge):
    runner.environment |= {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_BASE_REF": "main"}
    runner.commit("elb")
    runner.commit("elb", "known")
    runner.git("checkout", "--quiet", "-b", "change")
    runner.commit("nlb")
    runner.git("checkout", "--quiet", "main")
    runner.commit("elb", "later")
    runner.git("checkout", "--quiet", "change" if not is_merge else "main")
    if is_merge:
        runner.git("merge", "--quiet", "--no-ff", "--message", "merge", "change")
        runner.git("branch", "--quiet", "pull")
        runner.git("reset", "--quiet", "--hard", "HEAD^1")
    origin = runner.workspace
    runner.git("config", "uploadpack.allowAnySHA1InWant", "true")
    runner.workspace = tmp_path / "shallow"
    ref = "pull" if is_merge else "change"
    subprocess.run(
        ["git", "clone", "--quiet", "--depth=1", f"--branch={ref}", f"file://{origin}", str(runner.workspace)],
        env=runner.environment,
        check=True,
        capture_output=True,
    )
    outcome, outputs = runner.run(STEPS[1:], config_from="base")
    assert outcome == 1, runner.log
    assert outputs["findings"] == "1", runner.log
    assert "aws-load-balancer-type-mutated" in runner.log or "leaves its" in runner.log


@pytest.mark.installs
def test_a_pull_request_that_only_deletes_files_tells_of_what_goes(runner):
    runner.environment |= {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_BASE_REF": "main"}
    runner.commit("nlb-ip")
    runner.git("checkout", "--quiet", "-b", "change")
    runner.git("rm", "--quiet", "web.yaml")
    runner.git("commit", "--quiet", "--message", "gone")
    runner.git("checkout", "--quiet", "main")
    runner.git("merge", "--quiet", "--no-ff", "--message", "merge", "change")
    outcome, outputs = runner.run(STEPS[1:], fail_on="warning")
    assert outcome == 1, runner.log
    assert (outputs["new-findings"], outputs["exposure-changed"]) == ("1", "true")
    assert "load-balancer-released" in runner.summary.read_text(encoding="utf-8")


@pytest.mark.installs
@pytest.mark.parametrize("before", ["", "0" * 40], ids=["push", "github.event.before"])
def test_the_first_commit_of_a_repository_has_nothing_to_be_compared_with(runner, before):
    (runner.workspace / "prod").mkdir()
    text = SERVICE.format("nlb").replace("LoadBalancer", "NodePort").replace("shop", "production")
    (runner.workspace / "prod" / "port.yaml").write_text(text, encoding="utf-8")
    runner.commit("nlb")
    outcome, outputs = runner.run(STEPS[1:], base_ref=before)
    assert outcome == 1, runner.log
    assert (int(outputs["findings"]) >= 1, outputs["new-findings"], outputs["exposure-changed"]) == (True, "", "")
    assert "is not a revision" not in runner.log


@pytest.mark.installs
def test_only_what_is_new_fails_unless_that_is_switched_off(runner):
    (runner.workspace / "prod.yaml").write_text(SERVICE.format("nlb").replace("LoadBalancer", "NodePort"), encoding="utf-8")
    runner.commit("nlb")
    runner.commit("nlb", "more")
    given = {"base_ref": "HEAD~1", "fail_on": "warning"}
    assert runner.run(STEPS[1:], **given)[0] == 0, runner.log
    outcome, outputs = runner.run(STEPS[1:], new_only="false", **given)
    assert (outcome, outputs["findings"]) == (1, "2"), runner.log


@pytest.mark.installs
def test_only_the_given_paths_are_scanned_and_fail_on_decides(runner):
    runner.commit("elb", "apps")
    runner.commit("elb", "edge one")
    runner.commit("nlb", "apps")
    runner.commit("nlb", "edge one")
    assert runner.run(STEPS[1:], base_ref="HEAD~2", paths="apps\nedge one\n")[1]["findings"] == "2"
    outcome, outputs = runner.run(STEPS[1:], base_ref="HEAD~2", paths="edge one", fail_on="never")
    assert (outcome, outputs["findings"]) == (0, "1")


@pytest.mark.installs
@pytest.mark.parametrize("name", ["paths", "config", "fail-on", "base-ref"])
def test_a_run_that_is_not_to_be_trusted_fails(runner, name):
    runner.commit("nlb")
    outcome, outputs = runner.run(STEPS[1:], **{name: "does-not-exist"})
    assert outcome == 2, runner.log
    assert outputs["exit-code"] == "2"
    assert outputs["findings"] == ""


@pytest.mark.installs
@pytest.mark.parametrize("name", [name for name in ACTION["inputs"] if name != "python"])
@pytest.mark.parametrize(
    "hostile", ["$(touch pwned)", "`touch pwned`", '"; touch pwned; "', "'; touch pwned; '", "x\nfindings=99", "--exit-zero"]
)
def test_a_hostile_input_does_nothing(runner, name, hostile):
    runner.commit("nlb")
    _, outputs = runner.run(STEPS[1:], **{name: hostile})
    assert not list(runner.workspace.glob("**/pwned*"))
    assert outputs["findings"] in ("", "0")


def test_an_old_python_is_refused_with_the_cure(tmp_path):
    runner = Runner(tmp_path / "temp", tmp_path)
    tools = tmp_path / "path"
    tools.mkdir()
    (tools / "bash").symlink_to("/bin/bash")
    runner.environment["PATH"] = str(tools)
    outcome, _ = runner.run(STEPS[:1])
    assert outcome == 2
    assert "actions/setup-python" in runner.log
