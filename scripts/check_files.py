"""Checks of files that no compiler reads; run by scripts/test in LiteLLM's environment (for YAML).

Python parses, YAML parses, .env.example lists exactly the program's settings, and the Dockerfile
copies only what .dockerignore lets through. The page about commands holds its example word for word.
"""

import ast
import pathlib
import re
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
problems: list[str] = []


def text(name: str) -> str:
    return (ROOT / name).read_text()


for folder in ("scripts", "Tests"):
    for path in sorted((ROOT / folder).rglob("*.py")):
        try:
            ast.parse(path.read_text(), str(path))
        except SyntaxError as error:
            problems.append(f"{path.relative_to(ROOT)}: {error}")

for name in ("docker-compose.yml", *(f"deploy/{path.name}" for path in ROOT.glob("deploy/*.yaml"))):
    try:
        yaml.safe_load(text(name))
    except yaml.YAMLError as error:
        problems.append(f"{name}: {error}")

# Settings: the program's table, and the example that tells people about each.
keys = set(re.findall(r'case \w+ = "([A-Z][A-Z0-9_]+)"',
                      text("Sources/WebexAssistant/Settings/SettingKey.swift")))
example = set(re.findall(r"(?m)^#?([A-Z][A-Z0-9_]+)=", text(".env.example")))
problems += [f".env.example: no line for {key}" for key in sorted(keys - example)]
problems += [f".env.example: the program knows no {key}" for key in sorted(example - keys)]

allowed = {line[1:] for line in text(".dockerignore").splitlines() if line.startswith("!")}
for sources in re.findall(r"(?m)^COPY (?!--from)(.+) \S+$", text("Dockerfile")):
    for source in sources.split():
        if not (ROOT / source).exists():
            problems.append(f"Dockerfile: {source} does not exist")
        if source not in allowed:
            problems.append(f"Dockerfile: {source} is not let through by .dockerignore")

compose = yaml.safe_load(text("docker-compose.yml"))
for name, service in compose["services"].items():
    if not (ROOT / (service["env_file"] + ".example")).exists():
        problems.append(f"docker-compose.yml: {name} needs {service['env_file']}.example")
    for volume in service["volumes"]:
        source = volume.split(":")[0]
        if source.startswith("./") and not (ROOT / source).exists():
            problems.append(f"docker-compose.yml: {source} does not exist")

# The worked example: compiled as a file, shown on a page.
if text("Sources/Assistant/Commands/Examples/EchoCommand.swift") not in text("docs/commands.md"):
    problems.append("docs/commands.md: EchoCommand.swift does not stand in it word for word")

print("\n".join(problems) or f"files: {len(keys)} settings, all in .env.example")
sys.exit(1 if problems else 0)
