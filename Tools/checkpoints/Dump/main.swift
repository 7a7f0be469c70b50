// Writes everything that files of weights hold, for `Tools/checkpoints/compare`.

import Foundation
import Torch

/// One line for each value, by a walk that Python does likewise; the elements of a tensor follow its line row by row.
struct Dump {
  private var storages: [ObjectIdentifier: Int] = [:]
  /// Keeps the identities above from being given out again.
  private var kept: [Tensor] = []

  private func line(_ place: String, _ words: String...) {
    raw(Array("\(hex(place)) \(words.joined(separator: " "))\n".utf8))
  }

  private func raw(_ bytes: [UInt8]) { bytes.withUnsafeBytes { raw($0) } }

  private func raw(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes
    while !rest.isEmpty {
      let count = write(1, rest.baseAddress, rest.count)
      guard count > 0 else { exit(1) }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }

  private func hex(_ text: String) -> String { hex(Array(text.utf8)) }

  private func hex(_ bytes: [UInt8]) -> String { "x" + bytes.map { String(format: "%02x", $0) }.joined() }

  private func hex(_ number: Double) -> String { String(format: "%016lx", number.bitPattern) }

  mutating func tensor(_ place: String, _ tensor: Tensor) {
    let number = storages[ObjectIdentifier(tensor.storage)] ?? storages.count
    storages[ObjectIdentifier(tensor.storage)] = number
    kept.append(tensor)
    tensor.detach().withUnsafeBytes { bytes in
      line(
        place, "tensor", tensor.dtype.name, "\(Array(tensor.shape))".filter { $0 != " " },
        "\(tensor.stride())".filter { $0 != " " }, "\(tensor.storageOffset())", "\(tensor.requiresGrad)", "\(number)",
        "\(bytes.count)")
      raw(bytes)
    }
  }

  mutating func state(_ place: String, _ state: StateDict) {
    line(place, "state", "\(state.count)")
    for (key, tensor) in state { self.tensor("\(place)/\(key)", tensor) }
  }

  mutating func value(_ place: String, _ value: Checkpoint) throws {
    switch value.kind {
    case .none: line(place, "none")
    case .bool: line(place, "bool", "\(try value.bool)")
    case .int:
      if let number = try? value.int {
        line(place, "int", "\(number)")
      } else {
        line(place, "big", hex(try value.bytes))
      }
    case .double: line(place, "double", hex(try value.double))
    case .complex: line(place, "complex", hex(try value.complex.real), hex(try value.complex.imaginary))
    case .string: line(place, "string", hex(try value.string))
    case .bytes: line(place, "bytes", hex(try value.bytes))
    case .size: line(place, "size", "\(try value.shape)".filter { $0 != " " })
    case .device: line(place, "device", try value.device.description)
    case .dtype: line(place, "dtype", value.description)
    case .set: line(place, "set", "\(try value.list.count)")
    case .list, .tuple:
      line(place, value.kind.rawValue, "\(try value.list.count)")
      for (i, item) in try value.list.enumerated() { try self.value("\(place)/\(i)", item) }
    case .dictionary:
      line(place, "dictionary", "\(try value.items.count)")
      for (i, item) in try value.items.enumerated() {
        try self.value("\(place)/\(i).key", item.key)
        try self.value("\(place)/\(i)", item.value)
      }
    case .tensor:
      if let tensor = try? value.tensor { self.tensor(place, tensor) } else { line(place, "unknown") }
    case .object:
      if let state = try? value.stateDict() { self.state(place, state) } else { line(place, "object") }
    case .global, .storage: line(place, "object")
    }
  }

  mutating func file(_ path: String) throws {
    if path.hasSuffix(".npy") {
      tensor("", try NumPy.load(path))
    } else if path.hasSuffix(".npz") {
      state("", try NumPy.load(archive: path))
    } else if path.hasSuffix(".safetensors") {
      state("", try Safetensors.load(path))
    } else {
      do {
        let checkpoint = try load(path)
        line("", "weights only")
        try value("", checkpoint)
      } catch let error as CheckpointError where error.kind == .refused {
        let checkpoint = try load(path, weightsOnly: false)
        line("", "any class")
        try value("", checkpoint)
      }
    }
    line("", "end")
  }
}

do {
  for path in CommandLine.arguments.dropFirst() {
    var dump = Dump()
    try dump.file(path)
  }
} catch {
  let words = Array("\(error)\n".utf8)
  _ = write(2, words, words.count)
  exit(2)
}
