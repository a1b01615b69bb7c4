//! The ZIP of a bag: entries without compression, with fixed times and rights, so that the same state is the same bytes.

use std::io::{self, Write};

use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, DateTime as ZipTime, ZipWriter};

use super::BagError;

/// The one folder of the archive.
const FOLDER: &str = "abrufe";

/// An archive that is being written.
pub(super) struct Archive<W: Write>(ZipWriter<StreamWriter<W>>);

impl<W: Write> Archive<W> {
    pub(super) fn new(to: W) -> Self {
        Self(ZipWriter::new_stream(to))
    }

    /// Begins a file.
    fn start(&mut self, path: &str) -> Result<(), BagError> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(ZipTime::default())
            .unix_permissions(0o644);
        Ok(self.0.start_file(format!("{FOLDER}/{path}"), options)?)
    }

    /// Adds a file.
    pub(super) fn add(&mut self, path: &str, bytes: &[u8]) -> Result<(), BagError> {
        self.start(path)?;
        Ok(self.0.write_all(bytes)?)
    }

    /// Adds a file of this length, whatever is in it.
    pub(super) fn add_blank(&mut self, path: &str, length: u64) -> Result<(), BagError> {
        self.start(path)?;
        let nothing = [0; 1 << 16];
        let mut left = length;
        while 0 < left {
            let portion = usize::try_from(left).unwrap_or(usize::MAX).min(nothing.len());
            self.0.write_all(&nothing[..portion])?;
            left -= portion as u64;
        }
        Ok(())
    }

    /// Writes the end and gives the writer back.
    pub(super) fn finish(self) -> Result<W, BagError> {
        Ok(self.0.finish()?.into_inner())
    }
}

/// Counts and forgets.
pub(super) struct Counter(pub(super) u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
