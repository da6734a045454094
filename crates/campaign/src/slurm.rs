//! A campaign as a job array of Slurm.
//!
//! Owns: the two scripts (one task a shard, and the merge after them) and their submission.
//! Does not own: shards and merging (`runs`), the engine: queues, nodes, limits and requeueing are Slurm's, and what its
//! environment variables (`SBATCH_PARTITION`, `SBATCH_TIMELIMIT`, …) and site defaults say holds.
//! Needs a folder and a program that every node sees under the same path.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is submitted.
#[derive(Clone, Debug)]
pub struct Job {
    /// Name in the queue.
    pub name: String,
    /// This program, by its whole path.
    pub program: PathBuf,
    /// What flies the whole campaign: `campaign FILE --runs …`, without `--out`, `--threads` and `--shard`.
    pub arguments: Vec<String>,
    /// Number of shards of the campaign.
    pub shards: u64,
    /// Those that are flown, from 1.
    pub open: Vec<u64>,
    /// Threads of a task.
    pub threads: usize,
    /// The campaign's folder, by its whole path.
    pub folder: PathBuf,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scripts {
    /// The array: one task a shard.
    pub array: PathBuf,
    /// What merges the shards.
    pub merge: PathBuf,
}

/// Why nothing was submitted.
#[derive(Debug, thiserror::Error)]
pub enum SlurmError {
    /// A script cannot be written.
    #[error("{file}: cannot be written")]
    Write {
        /// The script.
        file: PathBuf,
        /// What the operating system said.
        #[source]
        reason: std::io::Error,
    },
    /// There is no Slurm here.
    #[error("sbatch cannot be started here; the scripts are written: {} and {}", .scripts.array.display(), .scripts.merge.display())]
    Absent {
        /// The scripts.
        scripts: Scripts,
        /// What the operating system said.
        #[source]
        reason: std::io::Error,
    },
    /// Slurm refused.
    #[error("sbatch refuses {script}: {said}")]
    Refused {
        /// The script.
        script: PathBuf,
        /// What it said.
        said: String,
    },
}

impl miette::Diagnostic for SlurmError {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        let Self::Absent { scripts, .. } = self else { return None };
        let (array, merge) = (scripts.array.display(), scripts.merge.display());
        Some(Box::new(format!(
            "where Slurm is: sbatch --dependency=afterany:$(sbatch --parsable {array}) {merge}"
        )))
    }
}

impl Job {
    /// Writes both scripts into the folder `slurm` of the campaign's.
    ///
    /// # Errors
    /// A script that cannot be written.
    pub fn write(&self) -> Result<Scripts, SlurmError> {
        let folder = self.folder.join("slurm");
        let scripts =
            Scripts { array: folder.join("array.sbatch"), merge: folder.join("merge.sbatch") };
        let failed = |file: &Path| {
            let file = file.to_path_buf();
            move |reason| SlurmError::Write { file, reason }
        };
        std::fs::create_dir_all(&folder).map_err(failed(&folder))?;
        std::fs::write(&scripts.array, self.array(&folder)).map_err(failed(&scripts.array))?;
        std::fs::write(&scripts.merge, self.merge(&folder)).map_err(failed(&scripts.merge))?;
        Ok(scripts)
    }

    /// One task a shard. A shard takes what it finds of itself, so a task that is started again goes on.
    fn array(&self, folder: &Path) -> String {
        let threads = self.threads.max(1);
        let mut out = self.head(&folder.join("shard-%a.txt"));
        let _ = writeln!(out, "#SBATCH --array={}", numbers(&self.open));
        let _ = writeln!(out, "#SBATCH --cpus-per-task={threads}\n#SBATCH --requeue");
        let _ = write!(out, "exec {}", quoted(&self.program.display().to_string()));
        self.arguments.iter().for_each(|word| out += &format!(" {}", quoted(word)));
        let (count, kept) = (self.shards, quoted(&self.folder.display().to_string()));
        let _ = writeln!(
            out,
            " --out {kept} --threads {threads} --shard \"$SLURM_ARRAY_TASK_ID/{count}\""
        );
        out
    }

    fn merge(&self, folder: &Path) -> String {
        let program = quoted(&self.program.display().to_string());
        let kept = quoted(&self.folder.display().to_string());
        let head = self.head(&folder.join("merge.txt"));
        format!("{head}exec {program} campaign --merge {kept}\n")
    }

    fn head(&self, log: &Path) -> String {
        let name: String =
            self.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let log = log.display();
        format!(
            "#!/bin/sh\n#SBATCH --job-name={name}\n#SBATCH --ntasks=1\n#SBATCH --output=\"{log}\"\n"
        )
    }
}

/// Submits the array, and the merge for when all its tasks have ended in whatever way. The numbers of both jobs.
///
/// # Errors
/// No Slurm, or one that refuses.
pub fn submit(scripts: &Scripts) -> Result<[String; 2], SlurmError> {
    let sbatch = |more: Option<String>, script: &Path| {
        let output = Command::new("sbatch").arg("--parsable").args(more).arg(script).output();
        let output =
            output.map_err(|reason| SlurmError::Absent { scripts: scripts.clone(), reason })?;
        let said = |octets: &[u8]| String::from_utf8_lossy(octets).trim().to_string();
        if !output.status.success() {
            let (script, said) = (script.to_path_buf(), said(&output.stderr));
            return Err(SlurmError::Refused { script, said });
        }
        // Number, or number and cluster.
        let number = said(&output.stdout);
        Ok(number.split(';').next().unwrap_or_default().to_string())
    };
    let array = sbatch(None, &scripts.array)?;
    let merge = sbatch(Some(format!("--dependency=afterany:{array}")), &scripts.merge)?;
    Ok([array, merge])
}

/// Ascending numbers as Slurm writes them: `1-3,7`.
fn numbers(numbers: &[u64]) -> String {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => runs.push((*number, *number)),
        }
    }
    let text = |(first, last): &(u64, u64)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    };
    runs.iter().map(text).collect::<Vec<_>>().join(",")
}

/// A word for the shell, whatever is in it.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_string();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_slurm_reads_them() {
        assert_eq!(numbers(&[1, 2, 3, 7, 9, 10]), "1-3,7,9-10");
        assert_eq!(numbers(&[4]), "4");
    }

    #[test]
    fn the_scripts_fly_each_shard_and_then_merge() {
        let folder = std::env::temp_dir().join(format!("frigoris {} it's", std::process::id()));
        let job = Job {
            name: "my campaign".to_string(),
            program: "/opt/frigoris".into(),
            arguments: ["campaign", "a b.toml", "--runs", "80"].map(str::to_string).to_vec(),
            shards: 8,
            open: vec![2, 3, 5],
            threads: 0,
            folder: folder.clone(),
        };
        let scripts = job.write().unwrap();
        let array = std::fs::read_to_string(&scripts.array).unwrap();
        let merge = std::fs::read_to_string(&scripts.merge).unwrap();
        assert!(array.contains("#SBATCH --array=2-3,5\n#SBATCH --cpus-per-task=1\n"), "{array}");
        assert!(
            array.contains("exec /opt/frigoris campaign 'a b.toml' --runs 80 --out '"),
            "{array}"
        );
        assert!(array.ends_with(" --threads 1 --shard \"$SLURM_ARRAY_TASK_ID/8\"\n"), "{array}");
        // The shell reads back what was meant.
        let line = array.lines().last().unwrap().replace("exec /opt/frigoris", "printf '%s\\n'");
        let said = Command::new("sh").args(["-c", &line]).env("SLURM_ARRAY_TASK_ID", "3").output();
        let said = String::from_utf8(said.unwrap().stdout).unwrap();
        let words: Vec<&str> = said.lines().collect();
        let kept = folder.display().to_string();
        let meant = [
            "campaign",
            "a b.toml",
            "--runs",
            "80",
            "--out",
            &kept,
            "--threads",
            "1",
            "--shard",
            "3/8",
        ];
        assert_eq!(words, meant);
        assert!(merge.contains("#SBATCH --job-name=my-campaign\n") && merge.contains("--merge '"));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
