//! Modules of settings classes, made of what their libraries know.
use super::random::Random;

const HEAD: &str = "\
from typing import Annotated, ClassVar, Optional, Union
from enum import Enum
class Kind(str, Enum):
    a = 'a'
class Part(BaseModel):
    host: str = 'x'
    port: int = 1
PREFIX = 'pre_'
";

/// A module of classes, some derived from others, and one made of each. A quarter are pydantic 1's.
pub(crate) fn settings(random: &mut Random) -> String {
    let is_one = random.one_in(4);
    let import = if is_one {
        "from pydantic.v1 import BaseModel, BaseSettings, Field\n"
    } else {
        "from pydantic import AliasChoices, AliasPath, BaseModel, Field\n\
         from pydantic_settings import BaseSettings, SettingsConfigDict\n"
    };
    let mut text = format!("{import}{HEAD}");
    let classes = 1 + random.below(4);
    for class in 0..classes {
        let is_derived = class > 0 && random.one_in(2);
        let base = if is_derived { format!("S{}", random.below(class)) } else { "BaseSettings".into() };
        text += &head(random, class, &base, is_one);
        text += "    own: ClassVar[str] = 'x'\n    _hidden: str = 'x'\n";
        for field in 0..=random.below(5) {
            let name = format!("{}_{class}{field}", random.pick(&["url", "Key", "PORT"]));
            text += &if is_one { field_of_one(random, &name) } else { field_of_two(random, &name) };
        }
    }
    for class in 0..classes {
        text += &format!(
            "try:\n    S{class}()\nexcept Exception as error:\n    assert 'ValidationError' in str(type(error)), error\n"
        );
    }
    text
}

/// The first lines of a class: how its settings are read.
fn head(random: &mut Random, class: usize, base: &str, is_one: bool) -> String {
    let mut config = Vec::new();
    if random.one_in(2) {
        config.push(("env_prefix", random.pick(&["'App_'", "PREFIX", "''", "f'{PREFIX}x_'"])));
    }
    if random.one_in(3) {
        config.push(("case_sensitive", random.pick(&["True", "False"])));
    }
    if random.one_in(3) {
        config.push(("env_nested_delimiter", "'__'"));
    }
    if !is_one && random.one_in(4) {
        config.push((random.pick(&["populate_by_name", "validate_by_name"]), "True"));
    }
    if !is_one && random.one_in(4) {
        config.push(("env_prefix_target", random.pick(&["'variable'", "'alias'", "'all'"])));
    }
    let each = |form: &dyn Fn(&str, &str) -> String, between: &str| {
        config.iter().map(|(name, value)| form(name, value)).collect::<Vec<_>>().join(between)
    };
    let arguments = each(&|name, value| format!("{name}={value}"), ", ");
    if config.is_empty() {
        return format!("class S{class}({base}):\n");
    }
    if random.one_in(4) {
        return format!("class S{class}({base}, {arguments}):\n");
    }
    let config = match random.below(3) {
        _ if is_one => {
            format!("class Config:\n{}", each(&|name, value| format!("        {name} = {value}"), "\n"))
        }
        0 => format!("class Config:\n{}", each(&|name, value| format!("        {name} = {value}"), "\n")),
        1 => format!("model_config = {{{}}}", each(&|name, value| format!("'{name}': {value}"), ", ")),
        _ => format!("model_config = SettingsConfigDict({arguments})"),
    };
    format!("class S{class}({base}):\n    {config}\n")
}

/// A field that both libraries know.
fn field(random: &mut Random, name: &str) -> String {
    match random.below(6) {
        0 => format!("    {name}: str\n"),
        1 => format!("    {name}: Optional[int] = None\n"),
        2 => format!("    {name}: str = Field('x')\n"),
        3 => format!("    {name}: Kind = Kind.a\n"),
        4 => format!("    {name}: Part = Part()\n"),
        _ => format!("    {name}: list = []\n    @property\n    def p_{name}(self): return self.{name}\n"),
    }
}

fn field_of_one(random: &mut Random, name: &str) -> String {
    match random.below(8) {
        0 => format!("    {name}: str = Field('x', env='ENV_{name}')\n"),
        1 => format!("    {name}: str = Field('x', env=['ENV_B', 'env_{name}'])\n"),
        2 => format!("    {name}: str = Field('x', alias='A_{name}')\n"),
        3 => format!("    {name} = 3\n"),
        _ => field(random, name),
    }
}

fn field_of_two(random: &mut Random, name: &str) -> String {
    match random.below(13) {
        0 => format!("    {name}: str = Field(alias='Alias_{name}')\n"),
        1 => format!("    {name}: str = Field(validation_alias='V_{name}', alias='A_{name}')\n"),
        2 => format!("    {name}: str = Field(validation_alias=AliasChoices('C_{name}', 'D_{name}'))\n"),
        3 => format!("    {name}: list = Field(validation_alias=AliasPath('P_{name}', 0))\n"),
        4 => format!("    {name}: Annotated[str, Field(alias='N_{name}')] = 'x'\n"),
        5 => format!("    {name}: Union[Part, None] = None\n"),
        6 => format!("    {name}: str = Field(default_factory=str, serialization_alias='S_{name}')\n"),
        _ => field(random, name),
    }
}
