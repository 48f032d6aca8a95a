// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/generate/digest.hpp"

#include "base/digest.hpp"

namespace mprogcheck::properties {

namespace {

/// Field by field: the bytes of a struct hold padding.
class FieldDigest {
 public:
  void add(std::uint64_t number) { digest_.add(number); }
  void add(model::Name name) { add(name.slot); }
  void add(model::Site site) { add(static_cast<std::uint64_t>(site.hook), site.target.value); }
  void add(model::Argument argument) { add(argument.value, argument.named); }
  void add(model::Revision revision) { add(revision.value, revision.relative); }
  void add(model::ObjectKind kind) { add(static_cast<std::uint64_t>(kind)); }
  void add(model::Returns returns) { add(static_cast<std::uint64_t>(returns)); }
  void add(model::ProgramType type) { add(static_cast<std::uint64_t>(type)); }
  template <typename First, typename Second, typename... Rest>
  void add(First first, Second second, Rest... rest) {
    add(first);
    add(second, rest...);
  }

  void add(const model::Attach& c) { add(c.site, c.program, c.flags, c.relative, c.replace, c.revision); }
  void add(const model::Detach& c) { add(c.site, c.program, c.flags, c.relative, c.replace, c.revision); }
  void add(const model::CreateLink& c) { add(c.name, c.site, c.program, c.flags, c.relative, c.revision); }
  void add(const model::UpdateLink& c) { add(c.link, c.program, c.flags, c.old_program); }
  void add(const model::DetachLink& c) { add(c.link); }
  void add(const model::Close& c) { add(c.name); }
  void add(const model::Dup& c) { add(c.name, c.from); }
  void add(const model::Open& c) { add(c.name, c.kind, c.id); }
  void add(const model::Load& c) { add(c.name, c.type, c.returns); }
  void add(const model::Query& c) {
    add(c.site, c.query_flags, c.attach_flags, c.count);
    add(c.without, c.size, c.garbage);
  }
  void add(const model::Fill& c) { add(c.site, c.count); }
  void add(const model::SendPacket& c) { add(c.site); }
  void add(const model::RemoveDevice& c) { add(c.device.number); }
  void add(const model::MakeDevice& c) { add(c.device.number); }
  void add(const model::MoveDevice& c) { add(c.device.number, c.home); }
  void add(const model::SetQdisc& c) { add(c.device.number, static_cast<std::uint64_t>(c.qdisc)); }
  void add(const model::Pin& c) { add(c.pin.number, c.from); }
  void add(const model::Get& c) { add(c.name, c.pin.number); }
  void add(const model::Unpin& c) { add(c.pin.number); }

  [[nodiscard]] std::uint64_t value() const { return digest_.value(); }

 private:
  Digest digest_;
};

}  // namespace

std::uint64_t digest_of(const model::Sequence& sequence) {
  FieldDigest digest;
  digest.add(sequence.declarations.devices, sequence.declarations.programs);
  for (const auto& declared : sequence.declarations.classes)
    digest.add(static_cast<std::uint64_t>(declared.type), static_cast<std::uint64_t>(declared.returns));
  for (const auto& operation : sequence.operations) {
    digest.add(operation.index());
    std::visit([&digest](const auto& call) { digest.add(call); }, operation);
  }
  return digest.value();
}

}  // namespace mprogcheck::properties
