//! What is one text written otherwise, and what is another.
use super::meaning;

#[track_caller]
fn same(one: &str, other: &str) {
    assert!(meaning(one).is_some(), "{one}");
    assert_eq!(meaning(one), meaning(other), "\n{one}\n---\n{other}");
}

#[test]
fn what_is_only_written_otherwise() {
    for (one, other) in [
        (
            "a = f('x', 1)\n\n\n# note\ndef g():\n  return [\n    1, 2\n  ]\n",
            "a = f(\n    \"x\",\n    1,\n)  # why\ndef g():\n    return [1, 2]\n",
        ),
        ("x = 'a' 'b'", "x = (\"a\"\n  \"b\")"),
        ("def f():\n    \"\"\"One.\"\"\"\n    op.a()", "def f():\n    \"\"\"Two.\"\"\"\n    op.a()"),
        ("'one'\nx = 1", "'two'\nx = 1"),
        ("def f():\n    pass", "def f():\n    \"\"\"Nothing.\"\"\""),
        ("down_revision = 'x'", "down_revision: Union[str, None] = ('x',)"),
        ("down_revision = 'x'", "down_revision = [\"x\"]"),
        ("x = 1\ndepends_on = None", "x = 1"),
        ("import sqlalchemy as sa\nfrom alembic import op\nop.f()", "from alembic import op\nop.f()"),
        (
            "from alembic import op\nimport sqlalchemy as sa\nop.f(sa)",
            "import sqlalchemy as sa\nfrom alembic import op\n\nop.f(sa)",
        ),
        ("from typing import Union\ndef f(a: Union[int, None]) -> None:\n    g(a)", "def f(a):\n    g(a)"),
        ("airflow_version = '2.9.0'\nx = 1", "airflow_version = '2.10.1'\nx = 1"),
        ("if (a and b):\n    f((1))", "if a and b:\n    f(1)"),
        ("x = 1_000; y = 0XfF", "x = 1000\ny = 0xff"),
        ("f(f'{a!r:>{w}} b')", "f(f\"{a!r:>{w}} b\")"),
        ("class A():\n    x: int = 1", "class A:\n    x: int = 1"),
    ] {
        same(one, other);
    }
}

#[test]
fn what_may_do_something_else() {
    for (one, other) in [
        ("f(1)", "f(2)"),
        ("x = 'a'", "x = b'a'"),
        ("if a:\n b()\n", "if a:\n b()\nc()\n"),
        ("if a:\n b()\n c()\n", "if a:\n b()\nc()\n"),
        ("x = 1", "y = 1"),
        ("x = ('a',)", "x = ('a')"),
        ("for t in ('users',):\n    f(t)", "for t in ('users'):\n    f(t)"),
        ("x = (a + b) * c", "x = a + b * c"),
        ("x = f(a)", "x = f, (a)"),
        ("x = f(a)", "x = (f, (a,))"),
        ("x = a, (b, c)", "x = (a, b), c"),
        ("x = [a, b]", "x = [a(b)]"),
        ("x = f(a)(b)", "x = f(a, b)"),
        ("x = a[b:]", "x = a[:b]"),
        ("x = -1", "x = 1"),
        ("x = not a", "x = a"),
        ("import app.models\nx = 1", "x = 1"),
        ("import os\nf(eval('os'))", "f(eval('os'))"),
        ("'doc'\nprint(__doc__)", "'cod'\nprint(__doc__)"),
        ("down_revision = 'x'", "down_revision = 'y'"),
        (
            "down_revision = 'x'\nfor d in down_revision: f(d)",
            "down_revision = ('x',)\nfor d in down_revision: f(d)",
        ),
        ("autocommit = True\nx = 1", "autocommit = False\nx = 1"),
        ("min_pg_version = '14.0'\nx = 1", "min_pg_version = '15.0'\nx = 1"),
        ("class A(B):\n    x: int", "class A(B):\n    x: str"),
        ("f(f'{a}')", "f(f'{a!r}')"),
        ("f(f'{a}')", "f('{a}')"),
        ("f(f'{a=}')", "f(f'{a = }')"),
        ("try:\n a()\nexcept B:\n c()\nelse:\n d()", "try:\n a()\nexcept B:\n c()\nfinally:\n d()"),
        ("def f(a, /, b): g()", "def f(a, b): g()"),
        ("def f(*, a): g()", "def f(*a): g()"),
        ("async def f(): g()", "def f(): g()"),
        ("x = {**a}", "x = {*a}"),
        ("f(*a)", "f(**a)"),
        ("f(a=b)", "f(a == b)"),
        ("x = 'a\\n'", "x = r'a\\n'"),
        ("with a as b, c: f()", "with a as b: f()"),
        ("x: int", "x"),
        ("return_ = lambda a: (a, 1)", "return_ = (lambda a: a), 1"),
    ] {
        assert!(meaning(one).is_some() && meaning(other).is_some(), "{one} | {other}");
        assert_ne!(meaning(one), meaning(other), "{one} | {other}");
    }
}

/// Hashes of it are recorded: whoever changes the form gives it a new number.
#[test]
fn the_form_stays() {
    let text = "\"\"\"Doc.\"\"\"\nfrom alembic import op\nimport app\nrevision = 'a'\n@app.x\ndef upgrade(a: int = 1, *b, **c) -> None:\n    for t in ('u', b'v', 1_0, f'{a!r:>3}'):\n        with op.f(t) as (x, y):\n            x[1:y] = {a: b, **c} if not t else [z for z in y if z]\n    try:\n        del x\n    except E as e:\n        raise e from None\n    match x:\n        case [A(b=1), *_]:\n            yield lambda q: q\n";
    let form = meaning(text).unwrap();
    let sum = form.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    assert_eq!((form.len(), sum), (585, 3_026_160_782), "{form:?}");
}
