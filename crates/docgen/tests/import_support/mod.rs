//! Synthetic pages: random facts, written in each format. The inverse of the parsers.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test uses a part of this module"
)]

pub mod edits;
pub mod render;

use docgen::capture::{Page, Source, read};
use docgen::compare::{Change, Facts, drift};

/// A small generator of numbers: the same seed gives the same page.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits") % sides
    }

    pub fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.roll(list.len())]
    }
}

/// A field of a synthetic table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: String,
    pub ty: String,
    pub required: Option<bool>,
    pub example: Option<String>,
    pub text: String,
}

/// A synthetic table; its key is that of the reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    pub key: String,
    pub fields: Vec<Field>,
}

/// A synthetic page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doc {
    pub title: String,
    pub method: String,
    pub path: String,
    pub scope: String,
    pub sheets: Vec<Sheet>,
}

const WORDS: &[&str] = &[
    "甲乙",
    "丙丁的戊",
    "己：庚",
    "alpha 辛",
    "壬癸 beta",
    "子丑寅",
    "卯辰（巳）",
    "午未申酉",
];
const NAMES: &[&str] = &[
    "zeta", "kind_of", "owner_id", "nodes", "flag", "made_at", "note", "size", "label", "extra",
    "left", "right",
];
const SCALARS: &[&str] = &[
    "String",
    "Long",
    "Integer",
    "Boolean",
    "Double",
    "JSON Map",
    "Array of String",
];

fn example(ty: &str, dice: &mut Dice) -> Option<String> {
    if dice.roll(4) == 0 {
        return None;
    }
    let number = dice.roll(90_000) + 10;
    Some(match ty {
        "Long" | "Integer" => number.to_string(),
        "Double" => format!("{number}.5"),
        "Boolean" => "true".to_owned(),
        "String" => format!("v{number}***"),
        "Array of String" => format!("[\"a{number}\"]"),
        _ => format!("{{\"k{number}\": \"v\"}}"),
    })
}

fn sentence(dice: &mut Dice) -> String {
    let lines = 1 + dice.roll(2);
    let line = |dice: &mut Dice| {
        let words: Vec<&str> = (0..2 + dice.roll(3)).map(|_| dice.pick(WORDS)).collect();
        format!("{}。", words.join("，"))
    };
    (0..lines)
        .map(|_| line(dice))
        .collect::<Vec<_>>()
        .join("\n")
}

impl Doc {
    /// The page of a seed.
    pub fn random(seed: u64) -> Self {
        let mut dice = Dice::new(seed + 1);
        let post = dice.roll(2) == 0;
        let mut sheets = Vec::new();
        let objects: Vec<String> = (0..=dice.roll(3))
            .map(|n| format!("Thing{}", ["One", "Two", "Six"][n]))
            .collect();
        let mut sheet = |key: &str, required: bool, link: Option<&str>, dice: &mut Dice| {
            let mut names: Vec<&str> = NAMES.to_vec();
            let mut fields: Vec<Field> = (0..2 + dice.roll(5))
                .map(|_| {
                    let ty = dice.pick(SCALARS).to_owned();
                    Field {
                        name: names.remove(dice.roll(names.len())).to_owned(),
                        required: required.then(|| dice.roll(2) == 0),
                        example: example(&ty, dice),
                        text: sentence(dice),
                        ty,
                    }
                })
                .collect();
            if let Some(link) = link {
                fields.push(Field {
                    name: "inner".to_owned(),
                    ty: format!("Object of {link}"),
                    required: required.then_some(false),
                    example: None,
                    text: sentence(dice),
                });
            }
            sheets.push(Sheet {
                key: key.to_owned(),
                fields,
            });
        };
        let place = if post { "body" } else { "query" };
        sheet(place, true, None, &mut dice);
        sheet("response", false, Some(&objects[0]), &mut dice);
        for (index, name) in objects.iter().enumerate() {
            sheet(
                name,
                false,
                objects.get(index + 1).map(String::as_str),
                &mut dice,
            );
        }
        Self {
            title: format!("页 {seed}"),
            method: if post { "POST" } else { "GET" }.to_owned(),
            path: format!("/v1/things{seed}/act"),
            scope: format!("scope{}", dice.roll(9)),
            sheets,
        }
    }
}

/// Reads a text; `Err` holds the faults.
pub fn open(text: &str) -> Result<(Source, Page), Vec<String>> {
    let source = Source::new("page", text.as_bytes()).map_err(|fault| vec![fault.short("page")])?;
    match read(&source) {
        Ok(page) => Ok((source, page)),
        Err(refused) => Err(refused
            .faults
            .iter()
            .map(|fault| fault.short("page"))
            .collect()),
    }
}

/// The facts of all operations of a page.
pub fn facts(source: &Source, page: &Page) -> Vec<Facts> {
    (0..page.operations.len().max(1))
        .map(|op| Facts::of(page, op, &source.raw))
        .collect()
}

/// What an import of an edited text reports: faults, or changes against the facts before.
pub fn reported(before: &[Facts], text: &str) -> Result<Vec<Change>, Vec<String>> {
    let (source, page) = open(text)?;
    let after = facts(&source, &page);
    if after.len() != before.len() {
        return Err(vec![format!(
            "{} operations, were {}",
            after.len(),
            before.len()
        )]);
    }
    Ok(before
        .iter()
        .zip(&after)
        .enumerate()
        .flat_map(|(op, (old, new))| drift(old, new, &page, op))
        .collect())
}
