/// SHA-256 (FIPS 180-4).
package typealias SHA256 = Digest<SHA256Hash>

package enum SHA256Hash: BlockHash {
  package static let start: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]
  package static let isBigEndian = true

  package static func absorb(_ bytes: UnsafeRawBufferPointer, _ blocks: Int, into state: inout [UInt32]) {
    func turned(_ x: UInt32, _ count: UInt32) -> UInt32 { x &>> count | x &<< (32 &- count) }
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { words in
      constants.withUnsafeBufferPointer { constants in
        for block in 0..<blocks {
          for i in 0..<16 {
            words[i] = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: block * 64 + i * 4, as: UInt32.self))
          }
          for i in 16..<64 {
            let x = words[i - 15], y = words[i - 2]
            let small = turned(x, 7) ^ turned(x, 18) ^ x &>> 3, large = turned(y, 17) ^ turned(y, 19) ^ y &>> 10
            words[i] = words[i - 16] &+ small &+ words[i - 7] &+ large
          }
          var (a, b, c, d) = (state[0], state[1], state[2], state[3])
          var (e, f, g, h) = (state[4], state[5], state[6], state[7])
          for i in 0..<64 {
            let choice = e & f ^ ~e & g, majority = a & b ^ a & c ^ b & c
            let one = h &+ (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) &+ choice &+ constants[i] &+ words[i]
            let two = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) &+ majority
            (h, g, f, e, d, c, b, a) = (g, f, e, d &+ one, c, b, a, one &+ two)
          }
          state[0] &+= a
          state[1] &+= b
          state[2] &+= c
          state[3] &+= d
          state[4] &+= e
          state[5] &+= f
          state[6] &+= g
          state[7] &+= h
        }
      }
    }
  }

  /// The first 32 bits of the fractions of the cube roots of the first 64 primes.
  private static let constants: [UInt32] = {
    var primes: [UInt32] = []
    var candidate: UInt32 = 2
    while primes.count < 64 {
      if primes.allSatisfy({ candidate % $0 != 0 }) { primes.append(candidate) }
      candidate += 1
    }
    return primes.map { prime in
      // The cube root times 2^32, in whole numbers: the largest r whose cube is not above prime * 2^96.
      var low: UInt64 = 0, high: UInt64 = 8 << 32
      while high - low > 1 {
        let middle = (low + high) / 2
        let square = middle.multipliedFullWidth(by: middle)
        // middle < 2^35, so the square has 70 bits and the cube 105: compare cube >> 64 with prime << 32.
        let lower = square.low.multipliedFullWidth(by: middle)
        let top = lower.high + square.high * middle
        if top < UInt64(prime) << 32 { low = middle } else { high = middle }
      }
      return UInt32(truncatingIfNeeded: low)
    }
  }()
}
