//! The beginning of a textual file, decompressed: as many lines as a sample needs, and no more bytes than a limit.

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;
use futures::StreamExt;
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStore};
use spi::Result;
use spi::connector::Compression;

use crate::source::Source;

/// How much of a file is read at most for a sample. A thousand lines are far shorter, except where lines hold documents.
const READ_BYTES_MAX: u64 = 4 << 20;
/// How much text is kept at most, whatever a small compressed file expands to.
const TEXT_BYTES_MAX: usize = 8 << 20;

/// The beginning of a file.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) bytes: Vec<u8>,
    /// Whether these are all bytes of the file. Otherwise the last line may be cut.
    pub(crate) whole: bool,
}

/// Reads about as many lines as asked for.
pub(crate) async fn read(
    source: &Source,
    store: &dyn ObjectStore,
    object: &ObjectMeta,
    compression: Compression,
    lines_max: usize,
) -> Result<Text> {
    let path = &object.location;
    let range = GetRange::Bounded(0..object.size.min(READ_BYTES_MAX));
    let got = store.get_opts(path, GetOptions::new().with_range(Some(range))).await.map_err(|error| source.failure(path, error))?;
    let mut chunks = got.into_stream();
    let mut decoder = Decoder::new(compression, Sink { bytes: Vec::new(), lines_left: lines_max, full: false })
        .map_err(|error| source.bad_data(path, error))?;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| source.failure(path, error))?;
        match decoder.write(&chunk) {
            Err(error) if !decoder.sink().full => return Err(source.bad_data(path, format!("decompression failed: {error}"))),
            _ if decoder.sink().full => break,
            _ => {}
        }
    }
    let cut = decoder.sink().full || object.size > READ_BYTES_MAX;
    if !cut {
        decoder.finish().map_err(|error| source.bad_data(path, format!("decompression failed: {error}")))?;
    }
    Ok(Text { bytes: std::mem::take(&mut decoder.sink_mut().bytes), whole: !cut })
}

/// Keeps text until there is enough of it, and refuses the rest: that ends the decompression too.
struct Sink {
    bytes: Vec<u8>,
    lines_left: usize,
    full: bool,
}

impl Write for Sink {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let room = TEXT_BYTES_MAX - self.bytes.len();
        let line_end =
            text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(self.lines_left.saturating_sub(1)).map(|(place, _)| place + 1);
        let wanted = if self.lines_left == 0 { 0 } else { line_end.unwrap_or(text.len()).min(room) };
        let kept = &text[..wanted];
        self.bytes.extend_from_slice(kept);
        self.lines_left -= kept.iter().filter(|byte| **byte == b'\n').count();
        if wanted < text.len() {
            self.full = true;
            return Err(io::Error::other("the sample is full"));
        }
        Ok(wanted)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A decompressor that is fed as bytes arrive. The bigger ones are boxed, so that the future that holds them stays small.
enum Decoder {
    Plain(Sink),
    Gzip(Box<MultiGzDecoder<Sink>>),
    Zstd(Box<zstd::stream::write::Decoder<'static, Sink>>),
}

impl Decoder {
    fn new(compression: Compression, sink: Sink) -> io::Result<Self> {
        Ok(match compression {
            Compression::None => Decoder::Plain(sink),
            Compression::Gzip => Decoder::Gzip(Box::new(MultiGzDecoder::new(sink))),
            Compression::Zstd => Decoder::Zstd(Box::new(zstd::stream::write::Decoder::new(sink)?)),
        })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let write: &mut dyn Write = match self {
            Decoder::Plain(sink) => sink,
            Decoder::Gzip(decoder) => decoder,
            Decoder::Zstd(decoder) => decoder,
        };
        write.write_all(bytes)?;
        write.flush()
    }

    /// Takes out what the decompressor still holds. Gzip fails if its data ends before it should; zstd cannot tell here, and
    /// the scan of such a file fails instead.
    fn finish(&mut self) -> io::Result<()> {
        match self {
            Decoder::Plain(_) => Ok(()),
            Decoder::Gzip(decoder) => decoder.try_finish(),
            Decoder::Zstd(decoder) => decoder.flush(),
        }
    }

    fn sink(&self) -> &Sink {
        match self {
            Decoder::Plain(sink) => sink,
            Decoder::Gzip(decoder) => decoder.get_ref(),
            Decoder::Zstd(decoder) => decoder.get_ref(),
        }
    }

    fn sink_mut(&mut self) -> &mut Sink {
        match self {
            Decoder::Plain(sink) => sink,
            Decoder::Gzip(decoder) => decoder.get_mut(),
            Decoder::Zstd(decoder) => decoder.get_mut(),
        }
    }
}
