//! QR codes as rows of modules.

use qrcodegen::{QrCode, QrCodeEcc};

/// The modules of a code with medium error correction; `None` if the text is too long for any.
pub(crate) fn modules(text: &str) -> Option<Vec<Vec<bool>>> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let size = code.size();
    Some((0..size).map(|y| (0..size).map(|x| code.get_module(x, y)).collect()).collect())
}
