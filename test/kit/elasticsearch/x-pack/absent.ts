/**
 * Modules that the plugins require and Maven Central lacks, by the plugin that they are for. Shibboleth's OpenSAML is in its own
 * repository alone; the templates are for plugins that are not published either.
 */
export const absentModules: Readonly<Record<string, readonly string[]>> = {
  'x-pack-core': ['org.elasticsearch.xcore.templates'],
  'x-pack-security': [
    'net.shibboleth.utilities.java.support',
    'org.opensaml.core',
    'org.opensaml.saml',
    'org.opensaml.saml.impl',
    'org.opensaml.security',
    'org.opensaml.security.impl',
    'org.opensaml.xmlsec',
    'org.opensaml.xmlsec.impl',
  ],
};

/** By their module: what is named by methods of classes that are looked at although no SAML realm is configured. */
export const absentClasses: Readonly<Record<string, readonly string[]>> = {
  'org.opensaml.core': ['org.opensaml.core.xml.XMLObject'],
  'org.opensaml.saml': [
    'org.opensaml.saml.saml2.core.RequestAbstractType',
    'org.opensaml.saml.saml2.core.StatusResponseType',
  ],
};
