//! A PDF, read by a library that has nothing to do with the one that wrote it. Draws the areas of a page (not its
//! letters) as far as tickets need it: curves count as the box around them, clips as rectangles.

use super::Picture;
use lopdf::{
    Document, Object, ObjectId,
    content::{Content, Operation},
};
use std::collections::HashMap;

pub struct Paper {
    document: Document,
}

/// Pixels per point: 144 to the inch, what a phone's screen shows at arm's length.
const SCALE: f32 = 2.0;

type Matrix = [f32; 6];

#[derive(Clone)]
struct State {
    to_page: Matrix,
    clip: [f32; 4],
    grey: u8,
}

impl Paper {
    pub fn read(pdf: &[u8]) -> Paper {
        Paper {
            document: Document::load_mem(pdf).unwrap(),
        }
    }

    pub fn pages(&self) -> u32 {
        u32::try_from(self.document.get_pages().len()).unwrap()
    }

    /// A page's words, from 1, each line's break as a space.
    pub fn text(&self, page: u32) -> String {
        let text = self.document.extract_text(&[page]).unwrap();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Width and height in points.
    pub fn size(&self, page: u32) -> [f32; 2] {
        let page = self
            .document
            .get_dictionary(self.document.get_pages()[&page])
            .unwrap();
        let box_ = numbers(page.get(b"MediaBox").unwrap().as_array().unwrap());
        [box_[2] - box_[0], box_[3] - box_[1]]
    }

    pub fn picture(&self, page: u32) -> Picture {
        let [width, height] = self.size(page);
        let pixels = |length: f32| (length * SCALE) as usize;
        let mut picture = Picture::new(pixels(width), pixels(height));
        let id = self.document.get_pages()[&page];
        let start = State {
            to_page: [SCALE, 0.0, 0.0, -SCALE, 0.0, height * SCALE],
            clip: [0.0, 0.0, width * SCALE, height * SCALE],
            grey: 0,
        };
        let content = self.document.get_page_content(id);
        self.draw(&content, start, &self.forms(id), &mut picture);
        picture
    }

    /// A page's forms: drawings that it shares with other pages.
    fn forms(&self, page: ObjectId) -> HashMap<Vec<u8>, Vec<u8>> {
        let page = self.document.get_dictionary(page).unwrap();
        let resources = page.get(b"Resources").unwrap().as_dict().unwrap();
        let forms = resources.get(b"XObject").unwrap().as_dict().unwrap();
        let content = |form: &Object| {
            let form = self.document.get_object(form.as_reference().unwrap());
            form.unwrap().as_stream().unwrap().decompressed_content()
        };
        let forms = forms.iter();
        forms
            .map(|(name, form)| (name.clone(), content(form).unwrap()))
            .collect()
    }

    fn draw(
        &self,
        content: &[u8],
        start: State,
        forms: &HashMap<Vec<u8>, Vec<u8>>,
        picture: &mut Picture,
    ) {
        let mut states = vec![start];
        let mut path: Vec<[f32; 4]> = Vec::new();
        let mut outline: Option<[f32; 4]> = None;
        for Operation { operator, operands } in Content::decode(content).unwrap().operations {
            let n = numbers(&operands);
            let state = states.last_mut().unwrap();
            match operator.as_str() {
                "q" => {
                    let state = state.clone();
                    states.push(state);
                }
                "Q" => drop(states.pop()),
                "cm" => state.to_page = product(n.try_into().unwrap(), state.to_page),
                "rg" => state.grey = (n.iter().sum::<f32>() / 3.0 * 255.0) as u8,
                "re" => path.push(state.rectangle([n[0], n[1], n[0] + n[2], n[1] + n[3]])),
                "m" | "l" | "c" => {
                    for point in n.chunks(2) {
                        let [x, y, ..] = state.rectangle([point[0], point[1], point[0], point[1]]);
                        let [left, top, right, bottom] = outline.unwrap_or([x, y, x, y]);
                        outline = Some([left.min(x), top.min(y), right.max(x), bottom.max(y)]);
                    }
                }
                "W" => state.clip = intersection(state.clip, path[0]),
                "n" | "S" => {
                    path.clear();
                    outline = None;
                }
                "f" => {
                    for area in path.drain(..).chain(outline.take()) {
                        picture.fill(intersection(area, state.clip), state.grey);
                    }
                }
                "Do" => {
                    let form = &forms[operands[0].as_name().unwrap()];
                    let state = state.clone();
                    self.draw(form, state, forms, picture);
                }
                _ => {}
            }
        }
    }
}

impl State {
    fn rectangle(&self, [x0, y0, x1, y1]: [f32; 4]) -> [f32; 4] {
        let [a, b, c, d, e, f] = self.to_page;
        let (px, qx) = (a * x0 + c * y0 + e, a * x1 + c * y1 + e);
        let (py, qy) = (b * x0 + d * y0 + f, b * x1 + d * y1 + f);
        [px.min(qx), py.min(qy), px.max(qx), py.max(qy)]
    }
}

fn intersection(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
    [
        a[0].max(b[0]),
        a[1].max(b[1]),
        a[2].min(b[2]),
        a[3].min(b[3]),
    ]
}

/// First `a`, then `b`.
fn product(a: Matrix, b: Matrix) -> Matrix {
    [
        a[0] * b[0] + a[1] * b[2],
        a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2],
        a[2] * b[1] + a[3] * b[3],
        a[4] * b[0] + a[5] * b[2] + b[4],
        a[4] * b[1] + a[5] * b[3] + b[5],
    ]
}

fn numbers(objects: &[Object]) -> Vec<f32> {
    objects
        .iter()
        .filter_map(|object| object.as_float().ok())
        .collect()
}
