//! Cells as `SQLite` hands them over.
use sqlx::sqlite::{Sqlite, SqliteRow};
use sqlx::{Decode, Row, TypeInfo, ValueRef};

use super::Encoding;
use crate::digest::convert::{convert, untyped};
use crate::model::Mode;
use crate::model::value::Value;
use crate::stores::rows::{CellFrom, Rows};

/// The cells of a row of [`super::select::select`], defaults filled in.
pub(super) fn fill(
    rows: &Rows,
    row: &SqliteRow,
    encoding: Encoding,
    cells: &mut Vec<Value>,
) -> Result<(), sqlx::Error> {
    cells.clear();
    let columns = rows.cells.iter().filter(|cell| cell.from != CellFrom::Nothing).count();
    let mut index = 0;
    for cell in &rows.cells {
        let mut value = Value::Null;
        if cell.from != CellFrom::Nothing {
            value = decode(row, index)?;
            if encoding != Encoding::Utf8 && matches!(value, Value::Text(_) | Value::Sent(_)) {
                value = utf16(row.try_get_unchecked(columns + index)?, encoding);
            }
            index += 1;
        }
        let converted = if rows.mode == Mode::Semantic { convert(&cell.kind, &value) } else { None };
        value = converted.unwrap_or_else(|| untyped(&cell.kind, value));
        if let (Value::Null, Some(default)) = (&value, &cell.default) {
            value = default.clone();
        }
        cells.push(value);
    }
    Ok(())
}

/// A cell by its storage class, whatever its column declares.
fn decode(row: &SqliteRow, index: usize) -> Result<Value, sqlx::Error> {
    let raw = row.try_get_raw(index)?;
    if raw.is_null() {
        return Ok(Value::Null);
    }
    let class = raw.type_info().into_owned();
    let value = match class.name() {
        "INTEGER" => Decode::<Sqlite>::decode(raw).map(Value::Int),
        "REAL" => Decode::<Sqlite>::decode(raw).map(Value::Real),
        "TEXT" => Decode::<Sqlite>::decode(raw).map(text),
        "BLOB" => Decode::<Sqlite>::decode(raw).map(Value::Bytes),
        other => return Err(sqlx::Error::Protocol(format!("a cell of storage class {other}"))),
    };
    value.map_err(sqlx::Error::Decode)
}

/// Text may hold any bytes: what is no UTF-8 is kept as it is, apart from text and from blobs.
fn text(bytes: Vec<u8>) -> Value {
    String::from_utf8(bytes).map_or_else(|error| Value::Sent(error.into_bytes()), Value::Text)
}

/// Text from UTF-16. A surrogate without its other half becomes the three bytes that UTF-8 would have for it if it
/// were a character, and an odd last byte follows a byte that UTF-8 never has, so that different texts stay different.
fn utf16(bytes: &[u8], encoding: Encoding) -> Value {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let unit = |pair: &[u8; 2]| match encoding {
        Encoding::Utf16be => u16::from_be_bytes(*pair),
        Encoding::Utf8 | Encoding::Utf16le => u16::from_le_bytes(*pair),
    };
    let mut out = Vec::with_capacity(bytes.len());
    for decoded in char::decode_utf16(pairs.iter().map(unit)) {
        match decoded {
            Ok(character) => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            Err(alone) => {
                let [high, low] = alone.unpaired_surrogate().to_be_bytes();
                out.extend([0xe0 | high >> 4, 0x80 | (high & 0xf) << 2 | low >> 6, 0x80 | low & 0x3f]);
            }
        }
    }
    for byte in odd {
        out.extend([0xff, *byte]);
    }
    text(out)
}
