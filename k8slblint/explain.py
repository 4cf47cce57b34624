"""The explanation of a rule: one page of Markdown, for the terminal, for docs/rules and for SARIF help."""

from k8slblint.model.rule import Rule
from k8slblint.rulebook import find_rule, read_rule


def explain_rule(rule_id: str) -> str:
    """Return the page of a rule. Raises `UsageError` when there is no such rule."""
    return rule_page(read_rule(find_rule(rule_id).id)).rstrip()


def rule_page(rule: Rule) -> str:
    """Return the page of a rule: what, why, what to do, parameters, examples, references."""
    parts = [f"# {rule.id}", f"**{rule.title}**", _facts(rule), "## Why", rule.rationale, "## What to do", rule.remediation]
    parts += _parameters(rule)
    for example in rule.examples:
        parts.append(f"## Example: {example.title}")
        if example.scope:
            parts.append("Where: " + ", ".join(f"{name} `{value}`" for name, value in example.scope) + ".")
        if example.before:
            parts += ["Before:", _yaml(example.before)]
        parts += ["Avoid:", _yaml(example.bad), "Prefer:", _yaml(example.good)]
    parts += ["## Silence it", _silence(rule), "## References", "\n".join(f"- <{reference}>" for reference in rule.references)]
    return "\n\n".join(parts) + "\n"


def _facts(rule: Rule) -> str:
    facts = [f"severity `{rule.severity}`", f"confidence `{rule.confidence}`", f"{rule.status} since {rule.since}"]
    if rule.compares_revisions:
        facts.append("needs two revisions (`--against`)")
    if rule.status == "preview":
        facts.append("off until selected by name")
    return ", ".join(facts).capitalize() + "."


def _parameters(rule: Rule) -> list[str]:
    if not rule.parameters:
        return []
    lines = [f"- `{parameter.name}` (default `{parameter.default!r}`): {parameter.description}" for parameter in rule.parameters]
    return ["## Parameters", "\n".join(lines)]


def _silence(rule: Rule) -> str:
    return (
        f"In the manifest, with a reason: `# k8slblint: ignore[{rule.id}] why this is accepted`, on the line or alone above a key;\n"
        f'or, where comments do not survive, the annotation `k8slblint.io/ignore: "{rule.id}: why"`.'
    )


def _yaml(text: str) -> str:
    return f"```yaml\n{text.rstrip()}\n```"
