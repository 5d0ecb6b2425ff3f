//! Where the workflows come from, and what changed there.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use indexmap::{IndexMap, IndexSet};

use super::workflows::Workflows;
use crate::{
    definition::{self, Definition, DefinitionError},
    error::StartError,
};

/// The definitions of files and folders between those that are built in and those that were made in Rust.
#[derive(Debug)]
pub(crate) struct Sources {
    builtins: Vec<Definition>,
    paths: Vec<PathBuf>,
    added: Vec<Definition>,
    files: Mutex<Files>,
}

type Files = IndexMap<PathBuf, Source>;

/// What is known of a file.
#[derive(Clone, Debug)]
struct Source {
    stamp: Stamp,
    /// Its last good version.
    definition: Option<Definition>,
    /// What is wrong with its present version.
    problem: Option<String>,
}

/// Tells one version of a file from the next.
type Stamp = Option<(SystemTime, u64)>;

impl Sources {
    /// Reads all files.
    pub(crate) fn read(
        builtins: Vec<Definition>,
        paths: Vec<PathBuf>,
        added: Vec<Definition>,
    ) -> Result<Self, StartError> {
        let mut found = Vec::new();
        for path in &paths {
            found.extend(list(path).map_err(|source| StartError::WorkflowsDir {
                path: path.clone(),
                source,
            })?);
        }
        let stamps: Vec<_> = found.iter().map(|file| stamp(file)).collect();
        let read = definition::all(found.iter().map(Definition::from_file).collect())?;
        let files = found.into_iter().zip(stamps).zip(read);
        let files = files.map(|((file, stamp), definition)| {
            let source = Source {
                stamp,
                definition: Some(definition),
                problem: None,
            };
            (file, source)
        });
        let sources = Self {
            builtins,
            paths,
            added,
            files: Mutex::new(files.collect()),
        };
        sources.link(&sources.lock())?;
        Ok(sources)
    }

    fn lock(&self) -> MutexGuard<'_, Files> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Checks the definitions of files against each other and against the others.
    fn link(&self, files: &Files) -> Result<(), DefinitionError> {
        let of_files: Vec<_> = definitions(files).cloned().collect();
        definition::link(&of_files, self.put_together(files).all())
    }

    /// Looks for files that are new, changed or gone; false when there are none. Of a file that cannot be used the last good
    /// version stays.
    pub(crate) fn refresh(&self) -> bool {
        if self.paths.is_empty() {
            return false;
        }
        let mut files = self.lock();
        let mut found = IndexMap::new();
        for path in &self.paths {
            match list(path) {
                Ok(listed) => {
                    for file in listed {
                        let source = look(&file, files.get(&file));
                        found.insert(file, source);
                    }
                }
                Err(error) => {
                    let below = files.iter().filter(|(file, _)| file.starts_with(path));
                    found.extend(below.map(|(file, source)| (file.clone(), source.clone())));
                    let source = found.entry(path.clone()).or_insert(Source {
                        stamp: None,
                        definition: None,
                        problem: None,
                    });
                    source.problem = Some(format!("{}: {error}", path.display()));
                }
            }
        }
        if let Err(error) = self.link(&found) {
            // Which of those that changed is to blame is not known: all stay as they were.
            for (file, source) in &mut found {
                let known = files.get(file);
                if known.is_none_or(|known| known.stamp != source.stamp || known.problem.is_some())
                {
                    source.definition = known.and_then(|known| known.definition.clone());
                    source.problem.get_or_insert_with(|| error.to_string());
                }
            }
        }
        let same = |(file, source): (&PathBuf, &Source)| {
            files
                .get(file)
                .is_some_and(|known| known.stamp == source.stamp && known.problem == source.problem)
        };
        let is_same = found.len() == files.len() && found.iter().all(same);
        *files = found;
        !is_same
    }

    /// The workflows as they are now.
    pub(crate) fn workflows(&self) -> Workflows {
        self.put_together(&self.lock())
    }

    fn put_together(&self, files: &Files) -> Workflows {
        let mut workflows = Workflows::default();
        let builtins = self.builtins.iter();
        for workflow in builtins.chain(definitions(files)).chain(&self.added) {
            workflows.add(workflow.clone());
        }
        workflows
    }

    /// What is wrong with files whose last good version is used instead, each mistake once.
    pub(crate) fn problems(&self) -> Vec<String> {
        let files = self.lock();
        let problems = files.values().filter_map(|file| file.problem.as_deref());
        let mistakes: IndexSet<_> = problems.flat_map(str::lines).map(str::to_owned).collect();
        mistakes.into_iter().collect()
    }
}

fn definitions(files: &Files) -> impl Iterator<Item = &Definition> {
    files.values().filter_map(|file| file.definition.as_ref())
}

/// A file as it is now, read when it is not what is known of it.
fn look(file: &Path, known: Option<&Source>) -> Source {
    let stamp = stamp(file);
    // One with a mistake is read again: the mistake may be that of another file.
    if let Some(known) = known.filter(|known| known.stamp == stamp && known.problem.is_none()) {
        return known.clone();
    }
    match Definition::from_file(file) {
        Ok(definition) => Source {
            stamp,
            definition: Some(definition),
            problem: None,
        },
        Err(error) => Source {
            stamp,
            definition: known.and_then(|known| known.definition.clone()),
            problem: Some(error.to_string()),
        },
    }
}

fn stamp(file: &Path) -> Stamp {
    let about = fs::metadata(file).ok()?;
    Some((about.modified().ok()?, about.len()))
}

/// The definitions of a folder and the folders in it, by name; a file is its own list.
fn list(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    let mut entries = fs::read_dir(path)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        // Not through a link: that may lead round in a circle.
        if entry.file_type()?.is_dir() {
            files.extend(list(&path)?);
        } else if is_definition(&path) && path.is_file() {
            files.push(path);
        }
    }
    Ok(files)
}

fn is_definition(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| ["yaml", "yml", "json"].contains(&extension))
}
