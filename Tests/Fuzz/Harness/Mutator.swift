// Changes that keep an input worth reading: whole opcodes of pickles, right sums in archives.

import FuzzReaders

/// libFuzzer's own changes.
@_silgen_name("LLVMFuzzerMutate")
private func mutateBytes(_ data: UnsafeMutablePointer<UInt8>, _ count: Int, _ limit: Int) -> Int

@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(_ data: UnsafeMutablePointer<UInt8>, _ count: Int, _ limit: Int, _ seed: UInt32) -> Int {
  var random = Xorshift(state: UInt64(seed) << 1 | 1)
  let isStructured = random.next(4) != 0
  guard isStructured, [.pickle, .training, .checkpoint, .npz, .format, .tar].contains(fuzzReader) else {
    return mutateBytes(data, count, limit)
  }
  if fuzzReader == .pickle || fuzzReader == .training {
    var pickle = Array(UnsafeBufferPointer(start: data, count: count))
    PickleMutator.mutate(&pickle, &random)
    if pickle.count > limit { pickle.removeLast(pickle.count - limit) }
    for (i, byte) in pickle.enumerated() { data[i] = byte }
    return pickle.count
  }
  let length = mutateBytes(data, count, limit)
  var file = Array(UnsafeBufferPointer(start: data, count: length))
  if fuzzReader == .tar { Archive.repairTarSums(&file) } else { Archive.repairSums(&file) }
  for (i, byte) in file.enumerated() { data[i] = byte }
  return length
}

struct Xorshift {
  var state: UInt64

  /// A number below a bound.
  mutating func next(_ bound: Int) -> Int {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Int(state >> 1) % max(bound, 1)
  }
}

enum PickleMutator {
  /// Takes out, doubles, moves or puts in whole opcodes.
  static func mutate(_ pickle: inout [UInt8], _ random: inout Xorshift) {
    for _ in 0...random.next(3) {
      let starts = boundaries(pickle)
      func place(_ random: inout Xorshift) -> Int { starts[random.next(starts.count)] }
      let (a, b) = (place(&random), place(&random))
      let range = min(a, b)..<min(max(a, b), min(a, b) + 64)
      switch random.next(5) {
      case 0: pickle.removeSubrange(range)
      case 1: pickle.insert(contentsOf: Array(pickle[range]), at: place(&random))
      case 2: pickle.insert(contentsOf: snippets[random.next(snippets.count)], at: a)
      case 3: pickle.insert(contentsOf: snippets[random.next(snippets.count)], at: a)
      default:
        if a < pickle.count {
          let all = snippets.lazy.filter { $0.count == 1 }
          pickle[a] = all[all.index(all.startIndex, offsetBy: random.next(all.count))][0]
        }
      }
      if pickle.last != 0x2e { pickle.append(0x2e) }
    }
  }

  /// Where opcodes start, the end included.
  private static func boundaries(_ pickle: [UInt8]) -> [Int] {
    var starts: [Int] = [], place = 0
    func number(_ at: Int, _ count: Int) -> Int {
      guard at + count <= pickle.count else { return pickle.count }
      return pickle[at..<at + count].reversed().reduce(0) { $0 << 8 & 0xff_ffff | Int($1) }
    }
    while place < pickle.count {
      starts.append(place)
      switch pickle[place] {
      case 0x4b, 0x68, 0x71, 0x80: place += 2
      case 0x4d: place += 3
      case 0x4a, 0x6a, 0x72: place += 5
      case 0x47, 0x95: place += 9
      case 0x43, 0x55, 0x8a, 0x8c: place += 2 + number(place + 1, 1)
      case 0x42, 0x54, 0x58, 0x8b: place += 5 + number(place + 1, 4)
      case 0x8d, 0x8e, 0x96: place += 9 + number(place + 1, 8)
      case 0x63:
        for _ in 0..<2 { place = pickle[(place + 1)...].firstIndex(of: 0x0a) ?? pickle.count - 1 }
        place += 1
      default: place += 1
      }
      place = min(place, pickle.count)
    }
    return starts + [pickle.count]
  }

  private static let snippets: [[UInt8]] = {
    let plain = Array("(.012NQR]Kabdehlstu})".utf8).map { [$0] } + (0x80...0x97).map { [UInt8($0)] }
    let globals = [
      "collections\nOrderedDict", "collections\nCounter", "torch\nSize", "torch\ndevice", "torch\nFloatStorage",
      "torch\nBoolStorage", "torch.storage\nUntypedStorage", "torch\nfloat32", "torch\nbfloat16", "_codecs\nencode",
      "__builtin__\nset", "builtins\nfrozenset", "builtins\nbytearray", "builtins\ncomplex", "torch\nTensor",
      "torch._utils\n_rebuild_tensor", "torch._utils\n_rebuild_tensor_v2", "torch._utils\n_rebuild_tensor_v3",
      "torch._utils\n_rebuild_parameter", "torch._utils\n_rebuild_parameter_with_state",
      "torch._tensor\n_rebuild_from_type_v2", "torch.nn.parameter\nParameter", "copyreg\n_reconstructor",
      "torch.nn.modules.container\nSequential", "os\nsystem", "builtins\ngetattr", "numpy\ndtype", "numpy\nndarray",
      "numpy.core.multiarray\nscalar", "numpy.core.multiarray\n_reconstruct", "numpy._core.multiarray\n_reconstruct",
      "builtins\nobject", "__builtin__\nlong", "torch.serialization\n_get_layout",
    ]
    let texts = [
      "storage", "cpu", "cuda:0", "0", "1", "2", "latin1", "utf-8", "_parameters", "_buffers", "_modules", "_metadata",
      "_non_persistent_buffers_set", "f4", "<", ">", "b", "O8", "module", "little", "protocol_version",
      "state", "param_groups", "params", "step", "exp_avg", "exp_avg_sq", "momentum_buffer", "lr", "betas", "model",
      "optimizer", "scheduler", "last_epoch", "_step_count", "base_lrs",
    ]
    let storage = Array("(X\u{7}\0\0\0storagectorch\nFloatStorage\nX\u{1}\0\0\00X\u{3}\0\0\0cpuK\u{10}tQ".utf8)
    let tensor =
      Array("ctorch._utils\n_rebuild_tensor_v2\n(".utf8) + storage
      + Array("K\0K\u{2}K\u{3}".utf8) + [0x86] + Array("K\u{3}K\u{1}".utf8) + [0x86, 0x89]
      + Array("ccollections\nOrderedDict\n)RtR".utf8)
    return plain + globals.map { Array("c\($0)\n".utf8) }
      + texts.map { Array("X".utf8) + [UInt8($0.utf8.count), 0, 0, 0] + Array($0.utf8) }
      + [storage, tensor, Array("]q\0h\0a".utf8), Array("J".utf8) + [255, 255, 255, 127]]
  }()
}
