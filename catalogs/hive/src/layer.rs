//! What a login with Kerberos leaves on all that follows it, by RFC 4752: frames are as they were, or signed, or signed and encrypted.

use std::io;

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio_util::codec::{Framed, LengthDelimitedCodec};

use crate::dial::{Channel, FRAME_BYTES_MAX};
use crate::gssapi::Initiator;

/// How much of a frame waits on its way through.
const BUFFER_BYTES: usize = 64 << 10;

/// One of the layers, in the order of what they protect from. A server offers some, as bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Layer {
    Nothing = 1,
    Signed = 2,
    Encrypted = 4,
}

impl Layer {
    /// The most of what is offered, unless the connection is encrypted already. `None` for no known offer.
    pub(crate) fn choose(offered: u8, is_encrypted: bool) -> Option<Self> {
        let is_offered = |layer: &Self| offered & *layer as u8 != 0;
        let mut layers = [Self::Encrypted, Self::Signed, Self::Nothing];
        if is_encrypted {
            layers.reverse();
        }
        layers.into_iter().find(is_offered)
    }

    /// What tells the server of the choice: the layer, and in three bytes how much the server may send at a time, which is as much as it
    /// likes where there is a layer.
    pub(crate) fn choice(self) -> [u8; 4] {
        let most = if self == Self::Nothing { 0 } else { u8::MAX };
        [self as u8, most, most, most]
    }

    /// A channel for frames, with the layer beneath it.
    pub(crate) fn over(self, channel: Channel, initiator: Initiator) -> Channel {
        if self == Self::Nothing {
            return channel;
        }
        let (near, far) = tokio::io::duplex(BUFFER_BYTES);
        // Whoever waits for an answer sees its end: the channel closes with it.
        tokio::spawn(self.carry(channel, far, initiator));
        Box::new(near)
    }

    /// Carries frames both ways until one side ends, or a frame is none of the server's.
    async fn carry(self, server: Channel, client: DuplexStream, mut initiator: Initiator) -> io::Result<()> {
        let (mut server, mut client) = (frames(server), frames(client));
        loop {
            tokio::select! {
                said = client.next() => {
                    let Some(said) = said else { return Ok(()) };
                    let layered = initiator.wrap(&said?, self == Self::Encrypted).map_err(|failure| io::Error::other(failure.to_string()))?;
                    server.send(Bytes::from(layered)).await?;
                }
                said = server.next() => {
                    let Some(said) = said else { return Ok(()) };
                    let plain = initiator.unwrap(&said?).map_err(|failure| io::Error::other(failure.to_string()))?;
                    client.send(Bytes::from(plain)).await?;
                }
            }
        }
    }
}

/// Frames behind their lengths, of four bytes.
fn frames<S: AsyncRead + AsyncWrite>(stream: S) -> Framed<S, LengthDelimitedCodec> {
    LengthDelimitedCodec::builder().max_frame_length(FRAME_BYTES_MAX as usize).new_framed(stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_is_chosen_that_is_needed() {
        for (offered, plain, encrypted) in [
            (1, Some(Layer::Nothing), Some(Layer::Nothing)),
            (2, Some(Layer::Signed), Some(Layer::Signed)),
            (7, Some(Layer::Encrypted), Some(Layer::Nothing)),
            (6, Some(Layer::Encrypted), Some(Layer::Signed)),
            (8, None, None),
        ] {
            assert_eq!((Layer::choose(offered, false), Layer::choose(offered, true)), (plain, encrypted), "{offered}");
        }
    }
}
