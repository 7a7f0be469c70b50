// What libFuzzer calls. `Tools/fuzz/run` builds and runs it.

import FuzzReaders

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The reader that the variable FUZZ_READER names.
let fuzzReader: FuzzReader = {
  let name = getenv("FUZZ_READER").map { String(cString: $0) } ?? ""
  guard let reader = FuzzReader(rawValue: name) else {
    fatalError("FUZZ_READER is one of \(FuzzReader.allCases.map(\.rawValue).joined(separator: ", ")), not \"\(name)\"")
  }
  return reader
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  fuzzReader.read(Array(UnsafeBufferPointer(start: data, count: count)))
  return 0
}
