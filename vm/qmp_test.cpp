// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/qmp.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <functional>
#include <thread>

namespace mprogcheck::vm {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::HasSubstr;

/// A QEMU that says what the test wants: the handler answers each request with raw bytes.
class FakeQemu {
 public:
  using Handler = std::function<std::string(const json& request)>;

  explicit FakeQemu(Handler handler, std::string greeting = "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n") {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    client = Fd(ends[0]);
    thread_ = std::thread([fd = ends[1], handler = std::move(handler), greeting = std::move(greeting)] {
      serve(Fd(fd), handler, greeting);
    });
  }
  FakeQemu(const FakeQemu&) = delete;
  FakeQemu& operator=(const FakeQemu&) = delete;
  ~FakeQemu() { thread_.join(); }  // the test has dropped its end by then

  Fd client;

 private:
  static void send(int fd, const std::string& bytes) {
    for (const char c : bytes) ::send(fd, &c, 1, MSG_NOSIGNAL);  // in the smallest pieces there are
  }
  static void serve(Fd fd, const Handler& handler, const std::string& greeting) {
    send(fd.get(), greeting);
    std::string line;
    for (char c = 0; ::recv(fd.get(), &c, 1, 0) == 1;) {
      if (c != '\n') {
        line += c;
        continue;
      }
      const auto request = json::parse(line);
      line.clear();
      if (request["execute"] == "qmp_capabilities") {
        send(fd.get(), json{{"return", json::object()}, {"id", request["id"]}}.dump() + "\r\n");
        continue;
      }
      const auto reply = handler(request);
      if (reply.empty()) return;
      send(fd.get(), reply);
    }
  }
  std::thread thread_;
};

std::string answer(const json& request, const json& value) {
  return json{{"return", value}, {"id", request["id"]}}.dump() + "\r\n";
}

TEST(qmp, returns_what_the_command_returned) {
  FakeQemu qemu([](const json& request) { return answer(request, {{"asked", request["arguments"]["x"]}}); });
  Qmp qmp(std::move(qemu.client));
  EXPECT_EQ(qmp.execute("first", {{"x", 1}}).value()["asked"], 1);
  EXPECT_EQ(qmp.execute("second", {{"x", "ü\n"}}).value()["asked"], "ü\n");
}

TEST(qmp, skips_events_and_late_answers) {
  FakeQemu qemu([](const json& request) {
    return "{\"event\": \"STOP\", \"timestamp\": {}}\r\n{\"return\": \"stale\", \"id\": 99}\r\n" +
           answer(request, "right");
  });
  Qmp qmp(std::move(qemu.client));
  EXPECT_EQ(qmp.execute("stop").value(), "right");
}

TEST(qmp, a_refusal_says_why) {
  FakeQemu qemu([](const json& request) {
    return json{{"error", {{"class", "GenericError"}, {"desc", "no such device"}}}, {"id", request["id"]}}.dump() +
           "\n";
  });
  Qmp qmp(std::move(qemu.client));
  EXPECT_EQ(qmp.execute("device_del").error().message, "QEMU refuses device_del: no such device");
}

TEST(qmp, a_refusal_of_any_shape_is_one_clean_line) {
  for (const json& error : {json(5), json{{"desc", 5}}, json(nullptr)}) {
    FakeQemu qemu([&error](const json& request) {
      return json{{"error", error}, {"id", request["id"]}}.dump() + "\n";
    });
    Qmp qmp(std::move(qemu.client));
    EXPECT_EQ(qmp.execute("quit").error().message, "QEMU refuses quit: no reason given");
  }
  FakeQemu qemu([](const json& request) {
    return json{{"error", {{"desc", "a\x1b]0;title\a\nz"}}}, {"id", request["id"]}}.dump() + "\n";
  });
  Qmp qmp(std::move(qemu.client));
  EXPECT_EQ(qmp.execute("quit").error().message, "QEMU refuses quit: a z");
}

TEST(qmp, nobody_waits_after_the_curfew) {
  FakeQemu qemu([](const json& request) { return answer(request, 1); }, "");
  Curfew curfew;
  curfew.set(Curfew::Clock::now());
  Qmp qmp(std::move(qemu.client), &curfew);
  const auto given_up = qmp.execute("quit", json::object(), 1h);
  EXPECT_EQ(given_up.error().kind, Error::Kind::interrupted);
}

TEST(qmp, a_closed_connection_is_an_error) {
  FakeQemu qemu([](const json&) { return ""; });
  Qmp qmp(std::move(qemu.client));
  EXPECT_THAT(qmp.execute("quit").error().message, HasSubstr("closed its control socket"));
}

TEST(qmp, silence_is_an_error_after_the_deadline) {
  FakeQemu qemu([](const json& request) { return answer(request, 1); }, "");
  Qmp qmp(std::move(qemu.client));
  EXPECT_THAT(qmp.execute("quit", json::object(), 10ms).error().message, HasSubstr("does not answer"));
}

TEST(qmp, garbage_is_an_error) {
  for (const auto* garbage : {"garbage\n", "[1, 2]\n", "{\"no\": \"greeting\"}\n", "\n", "{\"QMP\": \n"}) {
    FakeQemu qemu([](const json& request) { return answer(request, 1); }, garbage);
    Qmp qmp(std::move(qemu.client));
    EXPECT_THAT(qmp.execute("quit").error().message, HasSubstr("not QMP")) << garbage;
  }
}

}  // namespace
}  // namespace mprogcheck::vm
