/// libFuzzer's loop, of LLVM's FuzzerInterface: it makes inputs and calls `body` with each, for ever or as `argv` says.
@_silgen_name("LLVMFuzzerRunDriver")
private func libFuzzerRun(
  _ argc: UnsafeMutablePointer<CInt>,
  _ argv: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ body: FuzzBody
) -> CInt

/// What libFuzzer calls: the bytes of one input, and their number. A C function: it captures nothing.
public typealias FuzzBody = @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt

/// Hands this process over to libFuzzer, which calls `body` with one input after the other.
public func runFuzzer(_ body: FuzzBody) {
  var argc = CommandLine.argc
  var argv = unsafe CommandLine.unsafeArgv
  _ = unsafe libFuzzerRun(&argc, &argv, body)
}

/// Copies an input into memory of its own size, so that the address sanitizer sees every step outside of it.
public func bytes(_ start: UnsafePointer<UInt8>?, _ count: Int) -> [UInt8] {
  unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
}

/// Ends the process, so that libFuzzer keeps the input, when what must hold of every input does not hold of this one.
public func require(_ condition: Bool, _ claim: @autoclosure () -> String) {
  if !condition { fatalError("broken: " + claim()) }
}
