//! SHA-256 in loops: a kilobyte of wasm, and a fraction of the time that RSA takes.

use super::DIGEST_BYTES;

const ROUND_CONSTANTS: [u32; 64] = [
    0x428a_2f98,
    0x7137_4491,
    0xb5c0_fbcf,
    0xe9b5_dba5,
    0x3956_c25b,
    0x59f1_11f1,
    0x923f_82a4,
    0xab1c_5ed5,
    0xd807_aa98,
    0x1283_5b01,
    0x2431_85be,
    0x550c_7dc3,
    0x72be_5d74,
    0x80de_b1fe,
    0x9bdc_06a7,
    0xc19b_f174,
    0xe49b_69c1,
    0xefbe_4786,
    0x0fc1_9dc6,
    0x240c_a1cc,
    0x2de9_2c6f,
    0x4a74_84aa,
    0x5cb0_a9dc,
    0x76f9_88da,
    0x983e_5152,
    0xa831_c66d,
    0xb003_27c8,
    0xbf59_7fc7,
    0xc6e0_0bf3,
    0xd5a7_9147,
    0x06ca_6351,
    0x1429_2967,
    0x27b7_0a85,
    0x2e1b_2138,
    0x4d2c_6dfc,
    0x5338_0d13,
    0x650a_7354,
    0x766a_0abb,
    0x81c2_c92e,
    0x9272_2c85,
    0xa2bf_e8a1,
    0xa81a_664b,
    0xc24b_8b70,
    0xc76c_51a3,
    0xd192_e819,
    0xd699_0624,
    0xf40e_3585,
    0x106a_a070,
    0x19a4_c116,
    0x1e37_6c08,
    0x2748_774c,
    0x34b0_bcb5,
    0x391c_0cb3,
    0x4ed8_aa4a,
    0x5b9c_ca4f,
    0x682e_6ff3,
    0x748f_82ee,
    0x78a5_636f,
    0x84c8_7814,
    0x8cc7_0208,
    0x90be_fffa,
    0xa450_6ceb,
    0xbef9_a3f7,
    0xc671_78f2,
];

const INITIAL_STATE: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// The digest of a text of less than 2^29 bytes: the number of its bits takes 32 of the 64 that
/// there are for it.
pub(crate) fn digest(text: &[u8]) -> [u8; DIGEST_BYTES] {
    let mut state = INITIAL_STATE;
    let (mut rest, mut marked) = (text, false);
    loop {
        let mut block = [0; 64];
        for (to, from) in block.iter_mut().zip(rest) {
            *to = *from;
        }
        // Behind the text come a one bit, zeros, and at the end of a block its length in bits.
        if let Some(end) = block.get_mut(rest.len())
            && !marked
        {
            *end = 0x80;
            marked = true;
        }
        let is_last = rest.len() < 64 - 8;
        if is_last && let Some(length) = block.last_chunk_mut() {
            *length = (text.len() as u32).wrapping_mul(8).to_be_bytes();
        }
        compress(&mut state, &block);
        if is_last {
            break;
        }
        rest = rest.get(64..).unwrap_or_default();
    }
    let mut digest = [0; DIGEST_BYTES];
    digest
        .as_chunks_mut::<4>()
        .0
        .iter_mut()
        .zip(&state)
        .for_each(|(to, word)| *to = word.to_be_bytes());
    digest
}

fn compress(state: &mut [u32; 8], block: &[u8; 64]) {
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    // The whole schedule before the rounds, without which their loop has all it needs in registers.
    for (word, constant) in schedule(block).iter().zip(&ROUND_CONSTANTS) {
        let sum1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let choice = ((f ^ g) & e) ^ g;
        let t1 =
            h.wrapping_add(word.wrapping_add(*constant)).wrapping_add(choice).wrapping_add(sum1);
        let sum0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let majority = (a & b) | (c & (a | b));
        let t2 = sum0.wrapping_add(majority);
        (h, g, f, e, d, c, b, a) = (g, f, e, d.wrapping_add(t1), c, b, a, t1.wrapping_add(t2));
    }
    for (word, add) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *word = word.wrapping_add(add);
    }
}

/// The words of a block and the 48 that follow from them.
#[expect(
    clippy::indexing_slicing,
    reason = "an index below 64, and up to 16 less than one from 16 on"
)]
fn schedule(block: &[u8; 64]) -> [u32; 64] {
    let mut words = [0; 64];
    for (word, bytes) in words.iter_mut().zip(block.as_chunks::<4>().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    for t in 16..64 {
        let (w15, w2) = (words[t - 15], words[t - 2]);
        let s0 = w15.rotate_right(7) ^ w15.rotate_right(18) ^ (w15 >> 3);
        let s1 = w2.rotate_right(17) ^ w2.rotate_right(19) ^ (w2 >> 10);
        words[t] = words[t - 16].wrapping_add(s0).wrapping_add(words[t - 7]).wrapping_add(s1);
    }
    words
}
