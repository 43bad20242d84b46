import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;
import org.elasticsearch.cluster.service.ClusterService;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.http.HttpServerTransport;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginBundle;
import org.elasticsearch.plugins.PluginsLoader;

/**
 * One real Elasticsearch node on loopback, from the jars of Maven Central (8.19 or 9.5).
 *
 * <p>Arguments: the distribution (its modules/ holds transport-netty4), the node's own folder (data, config and logs;
 * restartable on its data), the HTTP port (0: the system picks one), "keep" or "remove" (what to do with that folder at
 * the end), and perhaps a folder of more modules; with x-pack-security among them security is on. Prints one line of JSON on standard output once it answers: {"port":…,"version":"…"}. It stops when its
 * standard input ends, so that it cannot outlive whoever started it, however that one dies.
 */
public class Embedded {
  /** Node is abstract in one method: the node and cluster ids are only wanted in log lines. */
  static final class LoopbackNode extends Node {
    LoopbackNode(Environment environment, PluginsLoader plugins) {
      super(environment, plugins);
    }

    @Override
    protected void configureNodeAndClusterIdStateListener(ClusterService clusterService) {}
  }

  public static void main(String[] arguments) {
    try {
      run(arguments);
    } catch (Throwable failure) {
      failure.printStackTrace();
      // Not exit: threads of a half-built node would hold the process.
      Runtime.getRuntime().halt(1);
    }
  }

  private static void run(String[] arguments) throws Exception {
    Path distribution = Path.of(arguments[0]).toAbsolutePath();
    Path home = Path.of(arguments[1]).toAbsolutePath();
    Files.createDirectories(home.resolve("config"));
    Path more = arguments.length > 4 ? Path.of(arguments[4]) : null;
    boolean secured = more != null && Files.isDirectory(more.resolve("x-pack-security"));
    Settings settings = settings(distribution, home, arguments[2], secured);
    LogConfigurator.configureWithoutConfig(settings);

    Environment environment = new Environment(settings, home.resolve("config"));
    Node node = new LoopbackNode(environment, plugins(environment.modulesDir(), more));
    Runtime.getRuntime().addShutdownHook(new Thread(() -> close(node, home, arguments[3])));
    node.start();
    int port =
        node.injector().getInstance(HttpServerTransport.class).boundAddress().publishAddress().getPort();
    System.out.println("{\"port\":" + port + ",\"version\":\"" + org.elasticsearch.Build.current().version() + "\"}");
    System.out.flush();

    while (System.in.read() >= 0) {}
    System.exit(0);
  }

  private static Settings settings(Path distribution, Path home, String httpPort, boolean secured) {
    Settings.Builder settings = Settings.builder()
        .put("path.home", distribution.toString())
        .put("path.data", home.resolve("data").toString())
        .put("path.logs", home.resolve("logs").toString())
        .put("node.name", "embedded")
        .put("cluster.name", "auditseal-test")
        .put("discovery.type", "single-node")
        .put("network.host", "127.0.0.1")
        .put("http.port", httpPort)
        .put("transport.port", "0")
        // Where a test may have a snapshot repository.
        .put("path.repo", System.getProperty("java.io.tmpdir"))
        // A full disk on the machine of a developer must not turn indices read-only.
        .put("cluster.routing.allocation.disk.threshold_enabled", false)
        // Data streams made by tests are many and small.
        .put("cluster.max_shards_per_node", 10_000);
    if (secured) settings.put("xpack.security.enabled", true).put("xpack.license.self_generated.type", "basic")
          // The user elastic is one of the file realm: his own realm wants a keystore.
          .put("xpack.security.authc.reserved_realm.enabled", false);
    return settings.build();
  }

  private static PluginsLoader plugins(Path modules, Path more) throws Exception {
    Set<PluginBundle> bundles = new HashSet<>(bundles(modules));
    if (more != null) bundles.addAll(bundles(more));
    return PluginsLoader.createPluginsLoader(bundles, Set.of(), new HashMap<>());
  }

  /** 8.19 takes the folder alone; 9.x asks too whether to look for stable plugins. */
  @SuppressWarnings("unchecked")
  private static Set<PluginBundle> bundles(Path modules) throws Exception {
    for (Method method : PluginsLoader.class.getMethods()) {
      if (!method.getName().equals("loadModulesBundles")) continue;
      return (Set<PluginBundle>)
          (method.getParameterCount() == 1 ? method.invoke(null, modules) : method.invoke(null, modules, false));
    }
    throw new IllegalStateException("this Elasticsearch has no PluginsLoader.loadModulesBundles");
  }

  private static void close(Node node, Path home, String afterwards) {
    try {
      node.close();
      if (!afterwards.equals("remove")) return;
      try (Stream<Path> files = Files.walk(home)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
      }
    } catch (Exception failure) {
      failure.printStackTrace();
    }
  }
}
