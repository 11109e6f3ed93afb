extension UInt64 {
  /// Both halves of the product as one word: each bit of it depends on many of both factors. What tables with seeds of
  /// their own are hashed with.
  @inline(__always) func folded(with other: UInt64) -> UInt64 {
    let product = multipliedFullWidth(by: other)
    return product.high ^ product.low
  }
}
