// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/qmp.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/text.hpp"

namespace mprogcheck::vm {

using nlohmann::json;

namespace {

/// send(), with an open file attached.
ssize_t send_with_file(int socket, std::string_view bytes, int file) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof file)> control{};
  iovec content{const_cast<char*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &content;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof file);
  std::memcpy(CMSG_DATA(header), &file, sizeof file);
  return ::sendmsg(socket, &message, MSG_NOSIGNAL);
}

}  // namespace

std::string text_in(const json& object, std::string_view key, std::string_view otherwise) {
  if (!object.is_object()) return std::string(otherwise);
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return std::string(otherwise);
  return printable_line(found->get_ref<const std::string&>());
}

Result<json> Qmp::read_object(Deadline deadline) {
  constexpr std::size_t longest_line = 16 << 20;
  for (;;) {
    if (const auto end = buffer_.find('\n'); end != std::string::npos) {
      const auto object =
          json::parse(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(end), nullptr, false);
      buffer_.erase(0, end + 1);
      if (!object.is_object()) return fail("QEMU sent something that is not QMP");
      return object;
    }
    if (buffer_.size() > longest_line) return fail("QEMU sent something that is not QMP");
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd poll{socket_.get(), POLLIN, 0};
    const int ready = left.count() > 0 ? ::poll(&poll, 1, static_cast<int>(std::min(left, Curfew::glance).count())) : 0;
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0 && curfew_ != nullptr && curfew_->is_over())
      return fail(Error::Kind::interrupted, "{} while QEMU was asked something", curfew_->why());
    if (ready == 0 && left > Curfew::glance) continue;
    if (ready == 0) return fail("QEMU does not answer on its control socket");
    std::array<char, 65536> chunk;
    const auto got = ::recv(socket_.get(), chunk.data(), chunk.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) return fail("QEMU has closed its control socket");
    buffer_.append(chunk.data(), static_cast<std::size_t>(got));
  }
}

Result<json> Qmp::call(const std::string& command, const json& arguments, Deadline deadline, int file) {
  const auto id = ++last_id_;
  json request{{"execute", command}, {"id", id}};
  if (!arguments.empty()) request["arguments"] = arguments;
  const auto line = request.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  for (std::string_view rest = line; !rest.empty();) {
    const auto sent = file >= 0 ? send_with_file(socket_.get(), rest, file)
                                : ::send(socket_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return fail("cannot send to QEMU's control socket: {}", std::strerror(errno));
    file = -1;
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
  for (;;) {
    auto reply = read_object(deadline);
    if (!reply) return reply;
    // Events come at any time, and so may the answer to a command we gave up on.
    if (!reply->contains("id") || (*reply)["id"] != id) {
      if (std::chrono::steady_clock::now() < deadline) continue;
      return fail("QEMU does not answer {} on its control socket", command);
    }
    if (reply->contains("return")) return (*reply)["return"];
    const auto error = reply->find("error");
    return fail("QEMU refuses {}: {}", command,
                error == reply->end() ? "no reason given" : text_in(*error, "desc", "no reason given"));
  }
}

Result<void> Qmp::enter_command_mode(Deadline deadline) {
  if (negotiated_) return {};
  const auto greeting = read_object(deadline);
  if (!greeting) return tl::unexpected(greeting.error());
  if (!greeting->contains("QMP")) return fail("QEMU sent something that is not QMP");
  if (auto entered = call("qmp_capabilities", json::object(), deadline); !entered) {
    return tl::unexpected(entered.error());
  }
  negotiated_ = true;
  return {};
}

Result<json> Qmp::execute(const std::string& command, const json& arguments, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  if (auto entered = enter_command_mode(deadline); !entered) return tl::unexpected(entered.error());
  return call(command, arguments, deadline);
}

Result<void> Qmp::give_file(const std::string& name, int fd) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  if (auto entered = enter_command_mode(deadline); !entered) return entered;
  if (auto given = call("getfd", {{"fdname", name}}, deadline, fd); !given) return tl::unexpected(given.error());
  return {};
}

}  // namespace mprogcheck::vm
