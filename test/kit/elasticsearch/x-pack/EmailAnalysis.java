package auditseal.test;

import java.util.Map;
import java.util.regex.Pattern;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.email.UAX29URLEmailTokenizer;
import org.apache.lucene.analysis.miscellaneous.RemoveDuplicatesTokenFilter;
import org.apache.lucene.analysis.pattern.PatternCaptureGroupTokenFilter;
import org.elasticsearch.index.analysis.TokenFilterFactory;
import org.elasticsearch.index.analysis.TokenizerFactory;
import org.elasticsearch.indices.analysis.AnalysisModule.AnalysisProvider;
import org.elasticsearch.plugins.AnalysisPlugin;
import org.elasticsearch.plugins.Plugin;

/**
 * What the index of users and keys wants for searching users by their e-mail address, of Lucene's own parts. The server
 * has it in its module analysis-common, which Maven Central lacks.
 */
public class EmailAnalysis extends Plugin implements AnalysisPlugin {
  @Override
  public Map<String, AnalysisProvider<TokenFilterFactory>> getTokenFilters() {
    return Map.of(
        "pattern_capture",
        AnalysisPlugin.requiresAnalysisSettings(
            (index, environment, name, settings) -> {
              Pattern[] patterns =
                  settings.getAsList("patterns").stream().map(Pattern::compile).toArray(Pattern[]::new);
              boolean whole = settings.getAsBoolean("preserve_original", true);
              return new Filter(name, in -> new PatternCaptureGroupTokenFilter(in, whole, patterns));
            }),
        "unique",
        (index, environment, name, settings) -> new Filter(name, RemoveDuplicatesTokenFilter::new));
  }

  @Override
  public Map<String, AnalysisProvider<TokenizerFactory>> getTokenizers() {
    return Map.of(
        "uax_url_email",
        (index, environment, name, settings) -> TokenizerFactory.newFactory(name, UAX29URLEmailTokenizer::new));
  }

  private interface Wrap {
    TokenStream around(TokenStream in);
  }

  private record Filter(String name, Wrap wrap) implements TokenFilterFactory {
    @Override
    public TokenStream create(TokenStream in) {
      return wrap.around(in);
    }
  }
}
