//! Elements in three calls: what XTCE needs of XML. Escaping and well-formedness are `quick_xml`'s.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

/// A document being written to memory, which cannot fail; should it ever, the rest is left out and the
/// schema check of the tests says so.
pub struct Xml(Writer<Vec<u8>>);

/// Attributes in order.
pub type Attributes<'a> = &'a [(&'a str, &'a str)];

impl Xml {
    /// An empty document with its declaration.
    pub fn new() -> Self {
        let mut writer = Writer::new_with_indent(Vec::new(), b' ', 1);
        let _ = writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
        Self(writer)
    }

    /// An element with what `inside` writes.
    pub fn node(&mut self, name: &str, attributes: Attributes, inside: impl FnOnce(&mut Self)) {
        let begin =
            quick_xml::events::BytesStart::new(name).with_attributes(attributes.iter().copied());
        let end = begin.to_end().into_owned();
        let _ = self.0.write_event(Event::Start(begin.borrow()));
        inside(self);
        let _ = self.0.write_event(Event::End(end));
    }

    /// An element with nothing inside.
    pub fn leaf(&mut self, name: &str, attributes: Attributes) {
        let element = self.0.create_element(name).with_attributes(attributes.iter().copied());
        let _ = element.write_empty();
    }

    /// An element with text inside.
    pub fn text(&mut self, name: &str, attributes: Attributes, text: &str) {
        let element = self.0.create_element(name).with_attributes(attributes.iter().copied());
        let _ = element.write_text_content(BytesText::new(text));
    }

    /// The document.
    pub fn finish(self) -> String {
        let mut text = String::from_utf8_lossy(&self.0.into_inner()).into_owned();
        text.push('\n');
        text
    }
}
