//! Taking a template's text apart, in one pass.

use super::compiled::{
    Compiled, DATE_ISO, DATE_UNIX, GLOBALS, Piece, SECRETS, Source, TemplateError, Variable,
};
use crate::domain::header::MASK;
use crate::limits;

const OPEN: &str = "{{";
const CLOSE: &str = "}}";

impl<'t> Compiled<'t> {
    /// Reads a template; `strings` says whether variables inside strings are filled in.
    ///
    /// # Errors
    /// Says why the text is not a template.
    pub fn read(text: &'t str, strings: bool) -> Result<Self, TemplateError> {
        if text.len() > limits::TEMPLATE_BYTES {
            return Err(TemplateError::Length);
        }
        let compiled = self::read(text, strings)?;
        compiled.check_json()?;
        Ok(compiled)
    }
}

struct Reader<'t> {
    text: &'t str,
    /// Where the text begins that no piece holds yet.
    from: usize,
    compiled: Compiled<'t>,
}

pub(super) fn read(text: &str, strings: bool) -> Result<Compiled<'_>, TemplateError> {
    let mut reader =
        Reader { text, from: 0, compiled: Compiled { pieces: Vec::new(), variables: Vec::new() } };
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(&byte) = text.as_bytes().get(at) {
        match byte {
            b'"' => {
                let end = string_end(text, at);
                if strings && !is_name(text, end) {
                    reader.string(at, end)?;
                }
                at = end;
                continue;
            }
            b'{' if rest(text, at).starts_with(OPEN) => {
                at = reader.variable(at, text.len(), Piece::Value)?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > limits::TEMPLATE_DEPTH {
            return Err(TemplateError::Depth);
        }
        at += 1;
    }
    reader.text_until(text.len());
    Ok(reader.compiled)
}

/// The text with its values masked, but for variables, null and the names of members.
pub(super) fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(next) = rest(text, at).chars().next() {
        let end = match next {
            '"' => string_end(text, at),
            '{' if rest(text, at).starts_with(OPEN) => variable_end(text, at),
            '{' | '}' | '[' | ']' | ',' | ':' | ' ' | '\t' | '\n' | '\r' => at + 1,
            _ => scalar_end(text, at),
        };
        let piece = text.get(at..end).unwrap_or_default();
        match next {
            '"' if !is_name(text, end) => {
                out.push('"');
                mask_literals(piece.trim_matches('"'), &mut out);
                out.push('"');
            }
            '"' | '{' | '}' | '[' | ']' | ',' | ':' | ' ' | '\t' | '\n' | '\r' => out.push_str(piece),
            _ if piece == "null" => out.push_str(piece),
            _ => out.extend(["\"", MASK, "\""]),
        }
        at = end;
    }
    out
}

/// Whether a value that is written in a template holds a mask.
pub(super) fn holds_mask(text: &str) -> bool {
    let mut at = 0;
    while let Some(start) = rest(text, at).find('"').map(|step| at + step) {
        at = string_end(text, start);
        let string = text.get(start..at).unwrap_or_default();
        let plain = serde_json::from_str::<String>(string);
        if !is_name(text, at) && plain.map_or(string.contains(MASK), |plain| plain.contains(MASK)) {
            return true;
        }
    }
    false
}

/// Where a variable that begins at `at` ends: behind its braces, or at the end of the text.
fn variable_end(text: &str, at: usize) -> usize {
    rest(text, at).find(CLOSE).map_or(text.len(), |step| at + step + CLOSE.len())
}

/// Where a number or a word that begins at `at` ends.
fn scalar_end(text: &str, at: usize) -> usize {
    let ends = ['"', '{', '}', '[', ']', ',', ':', ' ', '\t', '\n', '\r'];
    rest(text, at).find(ends).map_or(text.len(), |step| at + step)
}

fn mask_literals(inner: &str, out: &mut String) {
    let mut left = inner;
    while !left.is_empty() {
        let open = left.find(OPEN).unwrap_or(left.len());
        let (literal, variable) = left.split_at_checked(open).unwrap_or((left, ""));
        if !literal.is_empty() {
            out.push_str(MASK);
        }
        let close = variable.find(CLOSE).map_or(variable.len(), |at| at + CLOSE.len());
        let (variable, after) = variable.split_at_checked(close).unwrap_or((variable, ""));
        out.push_str(variable);
        left = after;
    }
}

fn rest(text: &str, at: usize) -> &str {
    text.get(at..).unwrap_or_default()
}

/// Where a string that begins at `at` ends: behind its closing quote, or at the end of the text.
fn string_end(text: &str, at: usize) -> usize {
    let mut escaped = false;
    for (step, byte) in rest(text, at).bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + step + 1,
            _ => {}
        }
    }
    text.len()
}

/// Whether the string that ends at `end` names a member.
fn is_name(text: &str, end: usize) -> bool {
    rest(text, end).trim_start_matches([' ', '\t', '\n', '\r']).starts_with(':')
}

impl<'t> Reader<'t> {
    fn text_until(&mut self, to: usize) {
        let text = self.text.get(self.from..to).unwrap_or_default();
        if !text.is_empty() {
            self.compiled.pieces.push(Piece::Text(text));
        }
        self.from = to;
    }

    /// The string of `from..to`, quotes included.
    fn string(&mut self, from: usize, to: usize) -> Result<(), TemplateError> {
        let inner = self.text.get(from + 1..to.saturating_sub(1)).unwrap_or_default();
        let whole = inner.starts_with(OPEN) && inner.find(CLOSE).is_some_and(|at| at + 2 == inner.len());
        if whole {
            // The value takes the place of the quotes too.
            self.text_until(from);
            self.from = from + 1;
            self.variable(from + 1, to, Piece::Value)?;
            self.from = to;
            return Ok(());
        }
        let mut at = from + 1;
        while at < to {
            let here = rest(self.text, at);
            if here.starts_with(OPEN) {
                at = self.variable(at, to, Piece::Part)?;
            } else {
                // An escape's two bytes belong together: a brace after a backslash opens nothing.
                at += if here.starts_with('\\') { 2 } else { 1 };
            }
        }
        Ok(())
    }

    /// The variable that begins at `at` and ends before `end`; gives where it ends.
    fn variable(
        &mut self,
        at: usize,
        end: usize,
        piece: fn(usize) -> Piece<'t>,
    ) -> Result<usize, TemplateError> {
        let inner = self.text.get(at + OPEN.len()..end).unwrap_or_default();
        let (name, _) = inner.split_once(CLOSE).ok_or(TemplateError::Variable)?;
        let after = at + OPEN.len() + name.len() + CLOSE.len();
        let name = name.trim_matches(' ');
        if self.compiled.variables.len() >= limits::TEMPLATE_VARIABLES {
            return Err(TemplateError::Variables);
        }
        let source = source(name)?;
        self.text_until(at);
        self.from = after;
        self.compiled.pieces.push(piece(self.compiled.variables.len()));
        self.compiled.variables.push(Variable { name, source });
        Ok(after)
    }
}

fn source(name: &str) -> Result<Source<'_>, TemplateError> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let path: Vec<&str> = name.split('.').take(limits::TEMPLATE_PATH + 1).collect();
    let sane = |part: &&str| !part.is_empty() && part.bytes().all(plain);
    if path.len() > limits::TEMPLATE_PATH || !path.iter().all(sane) {
        return Err(TemplateError::Variable);
    }
    Ok(match path.as_slice() {
        [GLOBALS, DATE_ISO] => Source::DateIso,
        [GLOBALS, DATE_UNIX] => Source::DateUnix,
        [SECRETS, name] => Source::Secret(name),
        [GLOBALS | SECRETS, ..] => Source::Nothing,
        _ => Source::Data(path),
    })
}
