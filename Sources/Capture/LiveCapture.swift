import CPcap
import Evidence
import Glibc

/// The frames of an interface, by libpcap.
///
/// Nothing here waits but ``wait()``: several interfaces, and files beside them, are read in turn.
@safe final class LiveCapture {
  /// Milliseconds for which the kernel may gather frames before it hands them out.
  private static let gathering: Int32 = 100
  /// Bytes that the kernel keeps while nobody reads.
  private static let kernelBuffer: Int32 = 16 << 20

  private let handle: OpaquePointer
  private let request: LiveRequest
  private let link: LinkNumber
  private let fractionDigits: UInt8
  private let deadline: ContinuousClock.Instant?
  /// Once it is to stop: frames of later moments are not taken, and by when the kernel has handed out all before.
  private var stop: (at: Timestamp, by: ContinuousClock.Instant)?
  private var offset = 0
  private(set) var hasEnded = false
  /// Known when the capture has ended.
  private(set) var counts: LiveCounts?

  /// Opens the interface and starts to capture.
  init(_ request: LiveRequest) throws(CaptureError) {
    self.request = request
    var text = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
    guard let handle = unsafe pcap_create(request.interface, &text) else {
      throw .cannotOpen(reason: LiveCapture.text(text))
    }
    unsafe self.handle = unsafe handle
    do throws(CaptureError) {
      try unsafe LiveCapture.activate(handle)
      try unsafe LiveCapture.filter(handle, request.filter)
    } catch {
      unsafe pcap_close(handle)
      throw error
    }
    link = .linkType(UInt32(bitPattern: unsafe pcap_datalink(handle)))
    fractionDigits = unsafe pcap_get_tstamp_precision(handle) == PCAP_TSTAMP_PRECISION_NANO ? 9 : 6
    deadline = request.duration.map { ContinuousClock.now + $0 }
  }

  deinit { unsafe pcap_close(handle) }

  /// What libpcap wrote into a buffer of its own length.
  private static func text(_ buffer: [CChar]) -> String {
    String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func activate(_ handle: OpaquePointer) throws(CaptureError) {
    unsafe pcap_set_snaplen(handle, Int32(CaptureReader.frameCap))
    unsafe pcap_set_promisc(handle, 1)
    unsafe pcap_set_timeout(handle, gathering)
    unsafe pcap_set_buffer_size(handle, kernelBuffer)
    unsafe pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO)
    let status = unsafe pcap_activate(handle)
    guard status >= 0 else {
      // The status says it in general, the other text what it was in particular, if anything.
      let detail = unsafe String(cString: pcap_geterr(handle))
      let general = unsafe String(cString: pcap_statustostr(status))
      throw .cannotOpen(reason: detail.isEmpty ? general : detail)
    }
    var text = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
    guard unsafe pcap_setnonblock(handle, 1, &text) == 0 else {
      throw .cannotOpen(reason: LiveCapture.text(text))
    }
  }

  private static func filter(_ handle: OpaquePointer, _ text: String?) throws(CaptureError) {
    guard let text else { return }
    var program = unsafe bpf_program()
    guard unsafe pcap_compile(handle, &program, text, 1, PCAP_NETMASK_UNKNOWN) == 0 else {
      throw .filter(reason: unsafe String(cString: pcap_geterr(handle)))
    }
    defer { unsafe pcap_freecode(&program) }
    guard unsafe pcap_setfilter(handle, &program) == 0 else {
      throw .filter(reason: unsafe String(cString: pcap_geterr(handle)))
    }
  }

  /// The next frame, whose bytes `buffer` then begins with; nil when there is none for now, or the capture has ended.
  func next(into buffer: inout [UInt8]) throws(CaptureError) -> CapturedFrame? {
    guard !hasEnded else { return nil }
    noteStop()
    var header: UnsafeMutablePointer<pcap_pkthdr>?
    var bytes: UnsafePointer<UInt8>?
    let status = unsafe pcap_next_ex(handle, &header, &bytes)
    guard status >= 0 else {
      let reason = unsafe String(cString: pcap_geterr(handle))
      end()
      throw .cannotRead(offset: offset, reason: reason)
    }
    guard status == 1, let header = unsafe header, let bytes = unsafe bytes else {
      if let stop, ContinuousClock.now >= stop.by { end() }
      return nil
    }
    let frame = unsafe frame(header.pointee)
    if let stop, frame.time.timestamp > stop.at {
      end()
      return nil
    }
    buffer.removeAll(keepingCapacity: true)
    unsafe buffer.append(contentsOf: UnsafeBufferPointer(start: bytes, count: frame.capturedLength))
    offset += frame.capturedLength
    return frame
  }

  private func frame(_ header: pcap_pkthdr) -> CapturedFrame {
    let captured = min(Int(header.caplen), CaptureReader.frameCap)
    let fraction = Int64(header.ts.tv_usec)
    let time = Timestamp(
      seconds: Int64(header.ts.tv_sec), nanoseconds: fractionDigits == 9 ? fraction : fraction &* 1000)
    return CapturedFrame(
      offset: offset, recordLength: captured,
      time: time.map { EventTime($0, fractionDigits: fractionDigits) } ?? .unknown,
      stampFault: time == nil ? .outOfRange : nil, capturedLength: captured, originalLength: Int(header.len), link: link
    )
  }

  /// Waits until a frame is there, for a moment at most.
  func wait() {
    let descriptor = unsafe pcap_get_selectable_fd(handle)
    var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    // An interface without a descriptor to wait for is asked again after the same time.
    _ = unsafe poll(&wanted, descriptor < 0 ? 0 : 1, LiveCapture.gathering / 2)
  }

  private func noteStop() {
    guard stop == nil, deadline.map({ ContinuousClock.now >= $0 }) ?? false || request.shouldStop() else { return }
    var now = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &now)
    let time = Timestamp(seconds: Int64(now.tv_sec), nanoseconds: Int64(now.tv_nsec))
    let drained = ContinuousClock.now + .milliseconds(Int(LiveCapture.gathering) * 2)
    stop = (time ?? Timestamp(nanoseconds: .max), drained)
  }

  private func end() {
    hasEnded = true
    var statistics = pcap_stat()
    guard unsafe pcap_stats(handle, &statistics) == 0 else { return }
    counts = LiveCounts(
      received: Int(statistics.ps_recv), dropped: Int(statistics.ps_drop) + Int(statistics.ps_ifdrop))
  }
}
