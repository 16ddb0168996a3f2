//! The hash of bytes: that of Bob Jenkins, `lookup3`, as PostgreSQL begins it.

/// Computes hashes of 64 bits from a seed, or without one of 32 bits.
#[derive(Clone, Copy)]
pub struct Hash {
    pub seed: Option<u64>,
}

/// The state of a hash.
struct State {
    a: u32,
    b: u32,
    c: u32,
}

impl Hash {
    pub fn bytes(self, bytes: &[u8]) -> u64 {
        let mut state = State::new(bytes.len(), self.seed);
        let (blocks, rest) = bytes.as_chunks::<12>();
        for block in blocks {
            state.add(block);
            state.mix();
        }
        // The lowest byte of the last word is the length's.
        let mut last = [0; 12];
        for (place, byte) in rest.iter().enumerate() {
            last[if place < 8 { place } else { place + 1 }] = *byte;
        }
        state.add(&last);
        self.finish(state)
    }

    pub fn number(self, number: u32) -> u64 {
        let mut state = State::new(size_of::<u32>(), self.seed);
        state.a = state.a.wrapping_add(number);
        self.finish(state)
    }

    /// A number of 64 bits, so that a small one has the hash that it has with 32 bits.
    pub fn long(self, number: i64) -> u64 {
        let (low, high) = (number as u32, (number >> 32) as u32);
        self.number(low ^ if number >= 0 { high } else { !high })
    }

    fn finish(self, mut state: State) -> u64 {
        state.end();
        match self.seed {
            Some(_) => u64::from(state.b) << 32 | u64::from(state.c),
            None => u64::from(state.c),
        }
    }
}

impl State {
    fn new(length: usize, seed: Option<u64>) -> Self {
        let start = 0x9e37_79b9_u32.wrapping_add(length as u32).wrapping_add(3_923_095);
        let mut state = State { a: start, b: start, c: start };
        if let Some(seed) = seed.filter(|seed| *seed != 0) {
            state.a = state.a.wrapping_add((seed >> 32) as u32);
            state.b = state.b.wrapping_add(seed as u32);
            state.mix();
        }
        state
    }

    fn add(&mut self, block: &[u8; 12]) {
        let word = |place: usize| u32::from_le_bytes([block[place], block[place + 1], block[place + 2], block[place + 3]]);
        self.a = self.a.wrapping_add(word(0));
        self.b = self.b.wrapping_add(word(4));
        self.c = self.c.wrapping_add(word(8));
    }

    fn mix(&mut self) {
        let State { a, b, c } = self;
        let step = |x: &mut u32, y: &mut u32, z: &mut u32, bits: u32| {
            *x = x.wrapping_sub(*z) ^ z.rotate_left(bits);
            *z = z.wrapping_add(*y);
        };
        step(a, b, c, 4);
        step(b, c, a, 6);
        step(c, a, b, 8);
        step(a, b, c, 16);
        step(b, c, a, 19);
        step(c, a, b, 4);
    }

    fn end(&mut self) {
        let State { a, b, c } = self;
        let step = |x: &mut u32, y: u32, bits: u32| *x = (*x ^ y).wrapping_sub(y.rotate_left(bits));
        step(c, *b, 14);
        step(a, *c, 11);
        step(b, *a, 25);
        step(c, *b, 16);
        step(a, *c, 4);
        step(b, *a, 14);
        step(c, *b, 24);
    }
}
