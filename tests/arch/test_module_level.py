"""Importing a module makes nothing: settings, engines and clients are built once a process and passed down."""

import ast
import subprocess
import sys
from collections.abc import Iterator

from tests.arch.source import ROOT, shipped_modules

MAKERS = {
    "Settings",
    "load_settings",
    "create_engine",
    "Database",
    "Session",
    "sessionmaker",
    "aws_client",
    "client",
    "resource",
    "get_session",
    "create_client",
    "FastAPI",
    "create_app",
    "connect",
}
ENVIRONMENT = {"environ", "getenv"}
WATCH_IMPORTS = """
import sys
asked = []
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "workers"):
            asked.append(name)
sys.meta_path.insert(0, Watch())
import api.app, api.__main__
print(asked)
"""


def runs_at_import(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is evaluated when the module is imported: everything but the bodies of functions and of `__main__`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "__name__" in ast.dump(child.test):
            continue
        yield child
        yield from runs_at_import(child)


def called_name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def test_no_settings_engine_or_client_is_built_at_import() -> None:
    made = {
        f"{module.path}:{node.lineno}": called_name(node)
        for module in shipped_modules()
        for node in runs_at_import(module.tree)
        if isinstance(node, ast.Call) and called_name(node) in MAKERS
    }
    assert made == {}


def test_no_environment_is_read_at_import() -> None:
    read = [
        f"{module.path}:{node.lineno}"
        for module in shipped_modules()
        for node in runs_at_import(module.tree)
        if isinstance(node, ast.Attribute) and node.attr in ENVIRONMENT
    ]
    assert read == []


def test_the_rule_sees_a_client_at_module_level() -> None:
    tree = ast.parse("import boto3\nclass A:\n    s3 = boto3.client('s3')\ndef f():\n    return boto3.client('sqs')\n")
    found = [node.lineno for node in runs_at_import(tree) if isinstance(node, ast.Call)]
    assert found == [3]


def test_the_api_never_asks_for_torch_nor_for_the_workers() -> None:
    done = subprocess.run([sys.executable, "-c", WATCH_IMPORTS], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
