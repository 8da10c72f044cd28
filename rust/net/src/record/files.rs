//! Files of gzip members: made under a name nobody has, written a whole member at a time.

use flate2::Compression;
use flate2::write::GzEncoder;
use okx_fast_core::record::{self, Kind};
use okx_fast_core::time::Stamp;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Level 1: about a tenth of the size, at several times the speed of the default.
const LEVEL: Compression = Compression::fast();

/// Lines on their way into one member.
#[derive(Debug)]
pub struct Member {
    packer: GzEncoder<Vec<u8>>,
    line: Vec<u8>,
}

impl Default for Member {
    fn default() -> Self {
        Self { packer: GzEncoder::new(Vec::new(), LEVEL), line: Vec::new() }
    }
}

impl Member {
    pub fn line(&mut self, conn: &str, kind: Kind, at: Stamp, text: &[u8]) {
        self.line.clear();
        // A login is a signature: good for half a minute, and still nobody's business.
        let is_login = kind == Kind::Sent && text.windows(7).any(|w| w == b"\"login\"");
        let text = if is_login { br#"{"op":"login"}"# } else { text };
        record::write_line(&mut self.line, conn, kind, at, text);
        self.packer.write_all(&self.line).expect("a Vec takes all");
    }

    /// Compressed bytes so far, about.
    pub fn len(&self) -> usize {
        self.packer.get_ref().len()
    }

    pub fn finish(self) -> Vec<u8> {
        self.packer.finish().expect("a Vec takes all")
    }
}

/// One file of ours.
#[derive(Debug)]
pub struct Output {
    file: File,
    pub path: PathBuf,
    pub written: u64,
    pub since: Stamp,
}

impl Output {
    /// `folder/<prefix>-20261123T001500.123Z-<pid>-<n>.jsonl.gz`, with the first `n` that is free.
    pub fn create(folder: &Path, prefix: &str, at: Stamp) -> io::Result<Self> {
        let (pid, time) = (std::process::id(), utc(at.wall_ns));
        for n in 1_u32.. {
            let path = folder.join(format!("{prefix}-{time}-{pid}-{n:03}.jsonl.gz"));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => return Ok(Self { file, path, written: 0, since: at }),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(ErrorKind::AlreadyExists.into())
    }

    pub fn write(&mut self, member: &[u8]) -> io::Result<()> {
        self.file.write_all(member)?;
        self.written += member.len() as u64;
        Ok(())
    }

    /// Until the disk has it.
    pub fn end(self) -> io::Result<()> {
        self.file.sync_all()
    }
}

/// `20261123T001500.123Z`: sorts by time, and stands in a file's name everywhere.
fn utc(wall_ns: u64) -> String {
    let (seconds, ms) = (wall_ns / 1_000_000_000, wall_ns / 1_000_000 % 1000);
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // The civil calendar in eras of 400 years that begin on a 1st of March: no leap day falls within a year.
    let day = days + 719_468;
    let (era, of_era) = (day / 146_097, day % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let date = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}{month:02}{date:02}T{:02}{:02}{:02}.{ms:03}Z", second / 3600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        for (seconds, want) in [
            (0, "19700101T000000.000Z"),
            (951_782_400, "20000229T000000.000Z"),
            (1_709_251_199, "20240229T235959.000Z"),
            (1_795_392_930, "20261123T001530.000Z"),
            (4_107_542_400, "21000301T000000.000Z"),
        ] {
            assert_eq!(utc(seconds * 1_000_000_000), want);
        }
        assert_eq!(utc(1_999_999), "19700101T000000.001Z");
    }
}
